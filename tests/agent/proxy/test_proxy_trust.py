"""The device's anchor vouches for the listed hosts and for nothing else, and nobody can sign with it any more."""

import datetime as dt
import ipaddress
import ssl
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.support.proxy_tls import Refused, handshake
from tollbook_agent.capture.proxy import files, generations, trust
from tollbook_agent.capture.proxy.hosts import all_hosts

HOSTS = {"anthropic": ("api.anthropic.com",), "openai": ("api.openai.com", "eu.api.openai.com")}


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def minted() -> trust.Minted:
    return trust.mint(HOSTS, now(), "0123456789abcdef")


@pytest.fixture
def anchor(minted: trust.Minted) -> x509.Certificate:
    return x509.load_pem_x509_certificate(minted.anchor)


@pytest.fixture
def leaf(minted: trust.Minted, tmp_path: Path) -> Path:
    path = tmp_path / "openai.pem"
    path.write_bytes(minted.leaves["openai"])
    return path


@pytest.mark.parametrize("host", HOSTS["openai"])
def test_a_client_with_the_anchor_accepts_a_leaf_for_its_hosts(minted: trust.Minted, leaf: Path, host: str) -> None:
    accepted = handshake(leaf, minted.anchor, host)
    assert accepted == x509.load_pem_x509_certificate(minted.leaves["openai"]).public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize("host", ["api.anthropic.com", "us.api.openai.com", "openai.com", "127.0.0.1"])
def test_it_accepts_the_leaf_for_no_other_host(minted: trust.Minted, leaf: Path, host: str) -> None:
    with pytest.raises(Refused):
        handshake(leaf, minted.anchor, host)


def test_without_the_anchor_nobody_accepts_it(leaf: Path) -> None:
    other = trust.mint(HOSTS, now(), "0123456789abcdef")
    with pytest.raises(Refused):
        handshake(leaf, other.anchor, "api.openai.com")


def test_the_anchor_is_limited_as_far_as_certificates_can_be(anchor: x509.Certificate) -> None:
    basic = anchor.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)
    names = anchor.extensions.get_extension_for_class(x509.NameConstraints)
    assert names.critical
    assert names.value.permitted_subtrees == [x509.DNSName(host) for each in HOSTS.values() for host in each]
    nets = [ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0")]
    assert names.value.excluded_subtrees == [x509.IPAddress(net) for net in nets]
    usage = anchor.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert list(usage.value) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_anchor_and_leaves_end_within_180_days(minted: trust.Minted, anchor: x509.Certificate) -> None:
    for pem in (minted.anchor, *minted.leaves.values()):
        certificate = x509.load_pem_x509_certificate(pem)
        assert certificate.not_valid_after_utc == anchor.not_valid_after_utc
        assert certificate.not_valid_after_utc - now() <= dt.timedelta(days=180)
        assert certificate.not_valid_before_utc <= now() - dt.timedelta(minutes=30)


def test_a_leaf_signs_nothing_and_names_its_hosts_only(minted: trust.Minted) -> None:
    for channel, hosts in HOSTS.items():
        certificate = x509.load_pem_x509_certificate(minted.leaves[channel])
        assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        assert not certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == list(hosts)


def test_the_anchors_key_is_nowhere(minted: trust.Minted, anchor: x509.Certificate, tmp_path: Path) -> None:
    assert b"PRIVATE" not in minted.anchor
    trust.install(tmp_path / "proxy", minted, {}, None)
    keys: list[x509.Certificate | bytes] = []
    for path in (each for each in tmp_path.rglob("*") if each.is_file()):
        if b"PRIVATE KEY" in path.read_bytes():
            key = serialization.load_pem_private_key(path.read_bytes(), None)
            keys.append(key.public_key().public_bytes(*_POINT))
    assert len(keys) == len(HOSTS)
    assert len(set(keys)) == len(HOSTS)
    assert anchor.public_key().public_bytes(*_POINT) not in keys


_POINT = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def forged(host: str | None, address: str | None = None) -> tuple[bytes, bytes]:
    """An anchor with the constraints of ours whose key somebody kept, and a leaf signed with it."""
    real = x509.load_pem_x509_certificate(trust.mint(HOSTS, now(), "0123456789abcdef").anchor)
    signer, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    dates = (real.not_valid_before_utc, real.not_valid_after_utc)
    made = x509.CertificateBuilder().subject_name(real.subject).issuer_name(real.subject)
    made = made.public_key(signer.public_key()).serial_number(1).not_valid_before(dates[0]).not_valid_after(dates[1])
    for each in real.extensions:
        if not isinstance(each.value, x509.SubjectKeyIdentifier):
            made = made.add_extension(each.value, each.critical)
    made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(signer.public_key()), critical=False)
    names: list[x509.GeneralName] = [] if host is None else [x509.DNSName(host)]
    names += [] if address is None else [x509.IPAddress(ipaddress.ip_address(address))]
    leaf = x509.CertificateBuilder().subject_name(x509.Name([])).issuer_name(real.subject)
    leaf = leaf.public_key(key.public_key()).serial_number(2).not_valid_before(dates[0]).not_valid_after(dates[1])
    leaf = leaf.add_extension(x509.SubjectAlternativeName(names), critical=True)
    leaf = leaf.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
    ).sign(signer, hashes.SHA256())
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = serialization.Encoding.PEM
    return made.sign(signer, hashes.SHA256()).public_bytes(pem), leaf.public_bytes(pem) + private


def test_not_even_the_anchors_key_could_sign_for_a_foreign_host(tmp_path: Path) -> None:
    path = tmp_path / "leaf.pem"
    anchor, leaf = forged("api.openai.com")
    path.write_bytes(leaf)
    assert handshake(path, anchor, "api.openai.com")  # the forgery is sound but for the name
    for host, address, asked in (("github.com", None, "github.com"), (None, "127.0.0.1", "127.0.0.1")):
        anchor, leaf = forged(host, address)
        path.write_bytes(leaf)
        with pytest.raises(Refused, match=r"subtree violation"):
            handshake(path, anchor, asked)
    anchor, leaf = forged("api.openai.com", "127.0.0.1")
    path.write_bytes(leaf)
    with pytest.raises(Refused, match=r"subtree violation"):
        handshake(path, anchor, "api.openai.com")


def test_every_listed_host_gets_a_leaf(tmp_path: Path) -> None:
    hosts = all_hosts(frozenset({"cursor"}), ("gateway.example.com",))
    trust.install(tmp_path, trust.mint(hosts, now(), "device"), {}, None)
    assert {host for each in trust.leaves(tmp_path) for host in each.hosts} == {
        host for each in hosts.values() for host in each
    }
    assert generations.read(tmp_path)[0].hosts == {host for each in hosts.values() for host in each}


def test_all_of_it_is_readable_by_this_user_only(minted: trust.Minted, tmp_path: Path) -> None:
    folder = tmp_path / files.FOLDER
    trust.install(folder, minted, {}, None)
    found = [folder, *folder.rglob("*")]
    assert len(found) > 8
    for path in found:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_bundles_keep_what_was_trusted_before(minted: trust.Minted, tmp_path: Path) -> None:
    company = trust.mint({"own": ("company.example",)}, now(), "company").anchor
    (tmp_path / "company.pem").write_bytes(company.rstrip(b"\n"))
    before = {"NODE_EXTRA_CA_CERTS": str(tmp_path / "company.pem")}
    folder = tmp_path / files.FOLDER
    trust.install(folder, minted, before, None)
    node = (folder / files.NODE_BUNDLE).read_bytes()
    assert node == minted.anchor + company
    roots = trust.system_roots()
    assert (folder / files.CODEX_BUNDLE).read_bytes() == minted.anchor + company + roots
    assert (folder / files.UPSTREAM_BUNDLE).read_bytes() == roots + company
    again = {"NODE_EXTRA_CA_CERTS": str(folder / files.NODE_BUNDLE)}
    trust.write_bundles(folder, again, str(tmp_path / "company.pem"))
    assert (folder / files.NODE_BUNDLE).read_bytes() == node


def test_codex_keeps_the_certificates_that_replace_the_systems(minted: trust.Minted, tmp_path: Path) -> None:
    company = trust.mint({"own": ("company.example",)}, now(), "company").anchor
    (tmp_path / "company.pem").write_bytes(company)
    folder = tmp_path / files.FOLDER
    trust.install(folder, minted, {"SSL_CERT_FILE": str(tmp_path / "company.pem")}, str(tmp_path / "not there.pem"))
    assert (folder / files.CODEX_BUNDLE).read_bytes() == minted.anchor + company
    assert (folder / files.NODE_BUNDLE).read_bytes() == minted.anchor


def test_the_systems_roots_are_certificates_and_not_ours() -> None:
    pem = trust.system_roots().decode()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=pem)
    assert len(context.get_ca_certs()) > 50
    assert "Tollbook" not in str(context.get_ca_certs())
    blocks = pem.split("-----END CERTIFICATE-----")
    assert len(blocks) == len(set(blocks))


def test_removing_leaves_how_capture_was_set_up(minted: trust.Minted, tmp_path: Path) -> None:
    folder = tmp_path / files.FOLDER
    files.save(tmp_path, files.ProxyState(port=4711))
    trust.install(folder, minted, {}, None)
    trust.remove(folder)
    assert [each.name for each in folder.iterdir()] == [files.STATE]
    assert trust.leaves(folder) == []
    trust.remove(folder)
