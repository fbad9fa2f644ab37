"""TLS handshakes in memory, and the bytes a client says first."""

import ssl
from pathlib import Path


class Refused(Exception):
    """The client did not accept the certificate; the message is OpenSSL's reason."""


def handshake(leaf: Path, trusted: bytes, host: str) -> bytes:
    """A client that trusts these certificates only meets a server with this leaf; the certificate it accepted, as DER.

    Raises:
        Refused: it does not accept it.
    """
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(leaf)
    client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client_context.load_verify_locations(cadata=trusted.decode())
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=host)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    done = {"client": False, "server": False}
    for _ in range(8):
        for name, side in (("client", client), ("server", server)):
            if done[name]:
                continue
            try:
                side.do_handshake()
                done[name] = True
            except ssl.SSLWantReadError:
                pass
            except ssl.SSLCertVerificationError as fault:
                raise Refused(fault.verify_message) from fault
        if all(done.values()):
            return client.getpeercert(binary_form=True) or b""
    raise AssertionError("the handshake does not end")


def client_hello(host: str) -> bytes:
    """What a TLS client says first to a host."""
    outgoing = ssl.MemoryBIO()
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=host)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake without an answer")
