"""The device's own trust: an anchor limited by name to the provider hosts, leaves for them, and no key to make more.

The anchor is made in memory, signs one leaf a channel, and its key is forgotten. What stays on disk is its public
certificate and the leaves with their keys: who steals those can be one of the listed hosts towards a process that
trusts this anchor, and nothing else. It is never put into the system's trust store; tools get it through
NODE_EXTRA_CA_CERTS and CODEX_CA_CERTIFICATE.
"""

import datetime as dt
import ipaddress
import os
import shutil
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tollbook_agent.capture.proxy import files, generations
from tollbook_agent.private_file import write_private

DAYS = 180
RENEW_DAYS = 30
"""Before the end, when `status` asks for a rotation."""
EARLIER = dt.timedelta(hours=1)
"""A clock may be a little behind ours."""
KEEP_ANCHORS = 2
"""The newest and the one before: sessions that loaded the older bundle go on."""
_COMMON_NAME = 64
"""X.509's limit for a common name."""
_NO_ADDRESSES = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Minted:
    """An anchor and its leaves, as PEM. The anchor's key is not part of it."""

    anchor: bytes
    leaves: Mapping[str, bytes]
    """By channel: certificate and key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A leaf on this device."""

    path: Path
    generation: str
    hosts: tuple[str, ...]
    not_after: dt.datetime


def mint(hosts: Mapping[str, tuple[str, ...]], now: dt.datetime, device: str) -> Minted:
    """A new anchor that can vouch for these hosts only, and one leaf a channel."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, f"Tollbook on this device ({device[:8]})"[:_COMMON_NAME])]
    )
    end = now + dt.timedelta(days=DAYS)
    permitted = [x509.DNSName(host) for each in hosts.values() for host in each]
    anchor = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.NameConstraints(permitted, list(map(x509.IPAddress, _NO_ADDRESSES))), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    leaves = {channel: _leaf(each, anchor, key, now, end) for channel, each in hosts.items()}
    return Minted(anchor=anchor.public_bytes(serialization.Encoding.PEM), leaves=leaves)


def _leaf(
    hosts: tuple[str, ...],
    anchor: x509.Certificate,
    signer: ec.EllipticCurvePrivateKey,
    now: dt.datetime,
    end: dt.datetime,
) -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:_COMMON_NAME])]))
        .issuer_name(anchor.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - EARLIER)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(list(map(x509.DNSName, hosts))), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + private


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def install(
    folder: Path,
    minted: Minted,
    environment: Mapping[str, str],
    upstream_ca: str | None,
    clock: Callable[[], float] = time.time,
) -> None:
    """Put an anchor and its leaves into use. The anchor before stays in the bundles, its leaves in use: sessions that
    loaded the older bundle go on being served by those. A generation is in use only after the bundles hold its anchor.
    """
    anchor = x509.load_pem_x509_certificate(minted.anchor)
    anchors = [anchor, *certificates(folder / files.ANCHORS)][:KEEP_ANCHORS]
    for channel, leaf in minted.leaves.items():
        write_private(folder / files.LEAVES / name_of(anchor) / f"{channel}.pem", leaf)
    pem = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in anchors)
    write_private(folder / files.ANCHORS, pem)
    write_bundles(folder, environment, upstream_ca)
    made = generations.Generation(
        name=name_of(anchor),
        since=clock(),
        until=anchor.not_valid_after_utc.timestamp(),
        hosts=frozenset(host for each in _leaves_of(folder, name_of(anchor)) for host in each.hosts),
    )
    trusted = set(map(name_of, anchors))
    kept = [made, *(each for each in generations.read(folder) if each.name in trusted and each.name != made.name)]
    generations.write(folder, kept)
    for stale in (folder / files.LEAVES).iterdir():
        if stale.name not in {each.name for each in kept}:
            shutil.rmtree(stale, ignore_errors=True)


def write_bundles(folder: Path, environment: Mapping[str, str], upstream_ca: str | None) -> None:
    """What tools and engine are to trust: for Node what it was given before and our anchors; for Codex, whose setting
    replaces the system's roots, those too; for the engine, towards the provider, all but our anchors."""
    own = (folder / files.ANCHORS).read_bytes()
    before = [
        path for path in (environment.get("NODE_EXTRA_CA_CERTS"), upstream_ca) if path and not _ours(path, folder)
    ]
    more = b"".join(map(_read, dict.fromkeys(before)))
    codex = environment.get("CODEX_CA_CERTIFICATE") or environment.get("SSL_CERT_FILE")
    replaced = _read(codex) if codex and not _ours(codex, folder) else b""
    roots = system_roots()
    write_private(folder / files.NODE_BUNDLE, own + more)
    write_private(folder / files.CODEX_BUNDLE, own + more + (replaced or roots))
    write_private(folder / files.UPSTREAM_BUNDLE, roots + more + replaced)


def _ours(path: str, folder: Path) -> bool:
    return os.path.realpath(path).startswith(os.path.realpath(folder) + os.sep)


def _read(path: str) -> bytes:
    """A file of certificates that somebody configured; unreadable is as if it were not there, as the tools hold it."""
    try:
        data = Path(path).read_bytes()
    except OSError:
        return b""
    return data if data.endswith(b"\n") else data + b"\n"


def system_roots() -> bytes:
    """What this machine trusts, as PEM: the system's store and Mozilla's list."""
    import certifi

    ders = ssl.create_default_context().get_ca_certs(binary_form=True)
    own = "".join(map(ssl.DER_cert_to_PEM_cert, ders)).encode()
    return own + Path(certifi.where()).read_bytes()


def certificates(path: Path) -> list[x509.Certificate]:
    """The certificates of a PEM file; none where it is not there or damaged."""
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError):
        return []


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of a certificate, in hexadecimal."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def name_of(anchor: x509.Certificate) -> str:
    """What the generation of an anchor is called."""
    return fingerprint(anchor)[:16]


def leaves(folder: Path) -> list[Leaf]:
    """The leaves in use on this device, those of the newest anchor first."""
    return [leaf for each in generations.read(folder) for leaf in _leaves_of(folder, each.name)]


def _leaves_of(folder: Path, generation: str) -> list[Leaf]:
    found: list[Leaf] = []
    for path in sorted((folder / files.LEAVES / generation).glob("*.pem")):
        for certificate in certificates(path)[:1]:
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
            hosts = names.value.get_values_for_type(x509.DNSName)
            until = certificate.not_valid_after_utc
            found.append(Leaf(path=path, generation=generation, hosts=tuple(hosts), not_after=until))
    return found


def remove(folder: Path) -> None:
    """Take all trust material of this device away; first out of use."""
    (folder / files.GENERATIONS).unlink(missing_ok=True)
    shutil.rmtree(folder / files.LEAVES, ignore_errors=True)
    for path in folder.glob("*.pem"):
        path.unlink(missing_ok=True)
