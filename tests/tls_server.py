"""Model servers over https for tests, with certificates that the tests make themselves."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.model_server import Behave, ModelServer, honest

pytest.importorskip("cryptography", reason="certificates are made with cryptography")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_SIGNS_CERTIFICATES = x509.KeyUsage(
    key_cert_sign=True,
    crl_sign=True,
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key, signed by itself or by ``authority``."""

    signed: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @staticmethod
    def make(
        *hosts: str, days: tuple[int, int] = (-1, 30), authority: Certificate | None = None
    ) -> Certificate:
        """For ``hosts`` (none: an authority), valid between two days counted from now."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name(
            [x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0] if hosts else "an authority")]
        )
        now = dt.datetime.now(dt.UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name if authority is None else authority.signed.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now + dt.timedelta(days=days[0]))
            .not_valid_after(now + dt.timedelta(days=days[1]))
            .add_extension(x509.BasicConstraints(ca=not hosts, path_length=None), critical=True)
        )
        signer = key if authority is None else authority.key
        # Python 3.13 insists on these of whatever an authority has to do with.
        own_id = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        signer_id = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        builder = builder.add_extension(own_id, critical=False).add_extension(signer_id, critical=False)
        if hosts:
            names = x509.SubjectAlternativeName([_name(host) for host in hosts])
            builder = builder.add_extension(names, critical=False)
        else:
            builder = builder.add_extension(_SIGNS_CERTIFICATES, critical=True)
        return Certificate(builder.sign(signer, hashes.SHA256()), key)

    def write(self, path: Path, *, with_key: bool = False) -> Path:
        """Write it as PEM, perhaps with its key."""
        data = self.signed.public_bytes(serialization.Encoding.PEM)
        if with_key:
            data += self.key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        path.write_bytes(data)
        return path


def _name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


@contextmanager
def tls_server(certificate: Certificate, folder: Path, behave: Behave = honest) -> Iterator[ModelServer]:
    """A running :class:`~tests.model_server.ModelServer` over https; its ``url`` still says http."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.write(folder / "server.pem", with_key=True))
    server = ModelServer(behave, ["keyframeface"])
    # Shaken hands in the thread of each connection, so that a refusal stops nobody else.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.release.set()
        server.shutdown()
        server.server_close()
        thread.join(5)


def https(server: ModelServer, host: str = "localhost") -> str:
    """The server's address over https."""
    return f"https://{host}:{server.server_address[1]}"
