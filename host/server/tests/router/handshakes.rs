//! Connections that begin with TLS, or should.

use std::time::Duration;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use scopegate_server::{Settings, Tls, serve_tls};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::with;

/// The first byte of what TLS answers to what it does not understand.
const ALERT: u8 = 0x15;

/// A handshake that is never finished is given up, and makes room for the next connection; so does what is no handshake.
#[tokio::test]
async fn a_handshake_that_never_ends() {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let tls = Tls::new(
        cert.pem().as_bytes(),
        signing_key.serialize_pem().as_bytes(),
    )
    .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = with(Settings {
        head_time: Duration::from_millis(200),
        connections: 1,
        ..Settings::default()
    });
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(async move {
        let ended = async {
            let _ = stopped.await;
        };
        serve_tls(listener, &tls, service, ended).await;
    });
    // How a client's first message begins.
    for begin in [&[][..], &[0x16, 3, 1, 2, 0, 1, 0]] {
        let mut silent = TcpStream::connect(address).await.unwrap();
        silent.write_all(begin).await.unwrap();
        let mut said = Vec::new();
        silent.read_to_end(&mut said).await.unwrap();
        assert!(said.is_empty(), "{begin:?} {said:?}");
    }
    let mut plain = TcpStream::connect(address).await.unwrap();
    let head = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    plain.write_all(head).await.unwrap();
    assert_eq!(plain.read_u8().await.unwrap(), ALERT);
    drop(plain);
    stop.send(()).unwrap();
    serving.await.unwrap();
}
