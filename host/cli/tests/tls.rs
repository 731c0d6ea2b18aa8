//! The service over TLS, as a process.

mod program;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use program::scopegate;
use program::serving::{Caller, Serving, stored};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

/// A certificate of `localhost`, in two files.
struct Certificate {
    der: CertificateDer<'static>,
    pem: String,
    key: String,
}

impl Certificate {
    fn new() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        Self {
            der: cert.der().clone(),
            pem: cert.pem(),
            key: signing_key.serialize_pem(),
        }
    }

    fn write(&self, folder: &Path) {
        fs::write(folder.join("cert.pem"), &self.pem).expect("a file");
        fs::write(folder.join("key.pem"), &self.key).expect("a file");
    }

    /// Speaks to the service if it has this certificate.
    fn caller(&self, serving: &Serving) -> Result<Caller, rustls::Error> {
        let mut roots = RootCertStore::empty();
        roots.add(self.der.clone())?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from("localhost").expect("a name");
        let client = ClientConnection::new(Arc::new(config), name)?;
        let socket = TcpStream::connect(serving.address).expect("it listens");
        let mut stream = StreamOwned::new(client, socket);
        while stream.conn.is_handshaking() {
            if let Err(error) = stream.conn.complete_io(&mut stream.sock) {
                let error = error.downcast::<rustls::Error>();
                return Err(error.expect("a handshake fails by its certificate"));
            }
        }
        Ok(Caller::over(stream))
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

#[test]
fn decisions_over_tls_go_on_while_the_certificate_is_replaced() {
    let (folder, store, request) = stored();
    let (first, second) = (Certificate::new(), Certificate::new());
    first.write(folder.path());
    let (certificate, key) = (
        folder.path().join("cert.pem"),
        folder.path().join("key.pem"),
    );
    let serving = Serving::new(&[
        "--store",
        &store,
        "--tls-certificate",
        text(&certificate),
        "--tls-key",
        text(&key),
    ]);
    let mut early = first.caller(&serving).expect("it has this certificate");
    assert_eq!(early.decide(&request)["decision"], "allow");

    // Who does not speak TLS is not answered, and does no harm.
    for bytes in [
        &b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n"[..],
        &[0; 64],
    ] {
        let mut plain = TcpStream::connect(serving.address).expect("it listens");
        plain.write_all(bytes).expect("it is sent");
        let mut answer = Vec::new();
        // It may be reset.
        let _ = plain.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }

    // What cannot be used leaves what there is.
    for broken in ["", "-----BEGIN CERTIFICATE-----\nAAAA", &second.pem] {
        fs::write(&certificate, broken).expect("a file");
        serving.says("the certificate before holds");
        let mut caller = first.caller(&serving).expect("the one before");
        assert_eq!(caller.decide(&request)["decision"], "allow");
    }
    second.write(folder.path());
    serving.says("the certificate was read again");
    let mut late = second.caller(&serving).expect("the new one");
    assert_eq!(late.decide(&request)["decision"], "allow");
    assert!(first.caller(&serving).is_err());
    assert_eq!(early.decide(&request)["decision"], "allow");
    drop((early, late));
    let said = serving.end().join("\n");
    assert!(!said.contains("PRIVATE"), "{said}");
}

#[test]
fn what_is_no_certificate() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = Certificate::new();
    let other = KeyPair::generate().expect("a key").serialize_pem();
    let table = [
        (
            good.pem.as_str(),
            "",
            "no private key can be read: there is none",
        ),
        (
            "",
            good.key.as_str(),
            "no certificate can be read: there is none",
        ),
        (
            "garbage",
            &good.key,
            "no certificate can be read: there is none",
        ),
        (
            &good.key,
            &good.key,
            "no certificate can be read: there is none",
        ),
        (
            &good.pem,
            &good.pem,
            "no private key can be read: there is none",
        ),
        (
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
            &good.key,
            "no certificate can be read: ",
        ),
        (
            &good.pem,
            &other,
            "certificate and key cannot be used together",
        ),
    ];
    let (certificate, key) = (folder.path().join("c.pem"), folder.path().join("k.pem"));
    let serve = |options: &[&str]| {
        let listen = ["serve", "--listen", "127.0.0.1:0"];
        scopegate(&[&listen, options].concat(), b"")
    };
    let both = [
        "--tls-certificate",
        text(&certificate),
        "--tls-key",
        text(&key),
    ];
    for (pem, secret, expected) in table {
        fs::write(&certificate, pem).expect("a file");
        fs::write(&key, secret).expect("a file");
        let run = serve(&both);
        assert_eq!(run.code, 1, "{expected}");
        assert!(run.stderr.contains(expected), "{expected}: {}", run.stderr);
        assert!(run.stderr.contains(text(&certificate)), "{}", run.stderr);
    }
    fs::remove_file(&key).expect("it is there");
    let run = serve(&both);
    assert!(
        run.stderr.contains("k.pem` cannot be read"),
        "{}",
        run.stderr
    );
    for (half, expected) in [
        (&both[..2], "give `tls_key`"),
        (&both[2..], "give `tls_certificate`"),
    ] {
        let run = serve(half);
        assert!(
            run.code == 1 && run.stderr.contains(expected),
            "{}",
            run.stderr
        );
    }
}
