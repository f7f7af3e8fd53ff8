//! A separate world for each test, and raw connections to it.

use std::net::SocketAddr;

use madoguchi_sandbox::{Addresses, EsbMode, EsbOptions, RunningWorld, World};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const REQUEST: &str = include_str!("../da21_request.json");

pub(crate) struct Outside {
    pub(crate) world: RunningWorld,
    pub(crate) data: TempDir,
}

/// The bytes received: nothing, or a head and its body.
pub(crate) struct Heard {
    pub(crate) status: Option<u16>,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Heard {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn code(&self) -> Value {
        self.json()["ambody"]["AcctInfoModRs"]["ServiceBody"]["RtrnStatCode"][0]["RtrnCode"].take()
    }

    pub(crate) fn announced_length(&self) -> usize {
        let line = self.head.lines().find_map(|line| line.strip_prefix("content-length: "));
        line.unwrap().parse().unwrap()
    }
}

pub(crate) async fn call(addr: SocketAddr, method: &str, path: &str, body: &str) -> Heard {
    call_with(addr, (method, path), "", body).await
}

/// The same with more header lines, each ending in `\r\n`.
async fn call_with(
    addr: SocketAddr,
    (method, path): (&str, &str),
    headers: &str,
    body: &str,
) -> Heard {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: world\r\nconnection: close\r\nAcstkn: secret\r\n\
         content-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    _ = stream.read_to_end(&mut bytes).await;
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
        assert!(bytes.is_empty(), "half a head");
        return Heard { status: None, head: String::new(), body: Vec::new() };
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
    let status = head[9..12].parse().ok();
    Heard { status, head, body: bytes[end + 4..].to_vec() }
}

impl Outside {
    pub(crate) async fn start(mode: EsbMode) -> Self {
        Self::resume(tempfile::tempdir().unwrap(), mode).await
    }

    /// A world that answers inquiries.
    pub(crate) async fn with_inquiries() -> Self {
        let data = tempfile::tempdir().unwrap();
        let esb = EsbOptions { mode: EsbMode::AbsoluteSet, inquiry: true };
        let world = World::start(free_port(), data.path(), esb).await.unwrap();
        Self { world, data }
    }

    /// Starts a world in a directory that another one may have used.
    pub(crate) async fn resume(data: TempDir, mode: EsbMode) -> Self {
        let world = World::start(free_port(), data.path(), mode.into()).await.unwrap();
        Self { world, data }
    }

    pub(crate) async fn stop(self) -> TempDir {
        self.world.stop().await;
        self.data
    }

    pub(crate) async fn restart(self, mode: EsbMode) -> Self {
        Self::resume(self.stop().await, mode).await
    }

    pub(crate) async fn call(&self, method: &str, path: &str, body: &str) -> Heard {
        call(self.world.addr(), method, path, body).await
    }

    pub(crate) async fn post_with(&self, path: &str, headers: &str, body: &str) -> Heard {
        call_with(self.world.addr(), ("POST", path), headers, body).await
    }

    /// The content of the world's journal file.
    pub(crate) fn file(&self) -> String {
        std::fs::read_to_string(self.data.path().join("world.jsonl")).unwrap()
    }

    pub(crate) async fn set(&self, setting: Value) {
        let heard = self.call("PUT", "/world/scenario", &setting.to_string()).await;
        assert_eq!(heard.status, Some(200), "{setting}");
    }

    pub(crate) async fn order(&self) -> Heard {
        self.call("POST", "/esb", REQUEST).await
    }

    pub(crate) async fn ordered_under(&self, scenario: &str) -> Heard {
        self.set(json!({ "channel": "esb", "scenario": scenario })).await;
        self.order().await
    }

    pub(crate) async fn journal(&self) -> Value {
        self.call("GET", "/world/journal?channel=esb", "").await.json()
    }

    pub(crate) async fn effects(&self) -> usize {
        self.journal().await["effects"].as_array().unwrap().len()
    }
}

pub(crate) fn free_port() -> Addresses {
    let any = "127.0.0.1:0".parse().unwrap();
    Addresses { http: any, smtp: any }
}
