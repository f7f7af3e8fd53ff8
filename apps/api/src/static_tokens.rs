//! Access tokens from a file that holds their hashes, who they stand for and what they may do.

use std::collections::HashMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, bail};
use async_trait::async_trait;
use madoguchi_domain::actor::{Actor, ActorKind, ActorRef, Scope};
use madoguchi_domain::port::{StoreError, TokenVerifier};
use madoguchi_domain::secret::AccessToken;
use serde::Deserialize;

/// Tokens known by their SHA-256. A token must be random and long, for its hash is fast.
#[derive(Debug)]
pub(crate) struct StaticTokens {
    actors: HashMap<[u8; 32], Actor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    token: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    sha256: String,
    issuer: String,
    subject: String,
    kind: String,
    scopes: Vec<String>,
}

impl StaticTokens {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        let at = || path.display().to_string();
        let mode = std::fs::metadata(path).with_context(at)?.permissions().mode();
        if mode & 0o022 != 0 {
            bail!("{} may be written by others: chmod 644 it", path.display());
        }
        let text = std::fs::read_to_string(path).with_context(at)?;
        Self::parse(&text).with_context(at)
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        // The parser's own words would show the line, and with it perhaps a token.
        let file: File = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(1, |at| text[..at.start].lines().count().max(1));
            anyhow::anyhow!("cannot be read at line {line}: see docs/operations.md for its keys")
        })?;
        let mut actors = HashMap::new();
        for (number, row) in (1..).zip(file.token) {
            let (hash, actor) = row.parse().with_context(|| format!("token number {number}"))?;
            if actors.insert(hash, actor).is_some() {
                bail!("token number {number} stands there twice");
            }
        }
        if actors.is_empty() {
            bail!("it holds no token, so nobody could call: add a [[token]]");
        }
        Ok(Self { actors })
    }
}

impl Row {
    fn parse(self) -> anyhow::Result<([u8; 32], Actor)> {
        let hash = unhex(&self.sha256).context("sha256 must be 64 hexadecimal digits")?;
        let kind = ActorKind::parse(&self.kind).context("kind must be HUMAN or SYSTEM")?;
        let plain = |text: &str| {
            !text.is_empty() && text.len() <= 128 && !text.chars().any(char::is_control)
        };
        if !plain(&self.issuer) || !plain(&self.subject) {
            bail!("issuer and subject must be 1 to 128 characters");
        }
        let scope = |text: &String| {
            Scope::parse(text).with_context(|| {
                let known = Scope::ALL.map(Scope::as_str).join(", ");
                format!("scopes holds one that is not known: known are {known}")
            })
        };
        let scopes = self.scopes.iter().map(scope).collect::<anyhow::Result<Vec<_>>>()?;
        Ok((hash, Actor { who: ActorRef::new(&self.issuer, &self.subject, kind), scopes }))
    }
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let fits = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let byte = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
    let bytes: Option<Vec<u8>> = fits.then(|| (0..64).step_by(2).map(byte).collect())?;
    bytes?.try_into().ok()
}

#[async_trait]
impl TokenVerifier for StaticTokens {
    async fn verify(&self, token: &AccessToken) -> Result<Option<Actor>, StoreError> {
        // Looked up by its hash: how long that takes says nothing about any token.
        Ok(self.actors.get(&token.sha256()).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(row: &str) -> String {
        let token = AccessToken::parse("let-me-in").unwrap();
        let hash = madoguchi_domain::secret::hex(&token.sha256());
        format!("[[token]]\nsha256 = \"{hash}\"\n{row}\n")
    }

    const GOOD: &str =
        "issuer = \"i\"\nsubject = \"s\"\nkind = \"HUMAN\"\nscopes = [\"upgrade.read\"]";

    #[tokio::test]
    async fn a_token_is_known_by_its_hash_alone() {
        let tokens = StaticTokens::parse(&file(GOOD)).unwrap();
        let known = tokens.verify(&AccessToken::parse("let-me-in").unwrap()).await.unwrap();
        assert_eq!(known.unwrap().scopes, [Scope::UpgradeRead]);
        let unknown = tokens.verify(&AccessToken::parse("let-me-inn").unwrap()).await.unwrap();
        assert!(unknown.is_none());
    }

    #[test]
    fn a_file_with_a_mistake_is_refused() {
        let twice = format!("{}{}", file(GOOD), file(GOOD));
        let bad = [
            String::new(),
            twice,
            file(&GOOD.replace("HUMAN", "human")),
            file(&GOOD.replace("upgrade.read", "upgrade.everything")),
            file(&GOOD.replace("subject = \"s\"", "subject = \"\"")),
            file(&format!("{GOOD}\nname = \"x\"")),
            format!("[[token]]\nsha256 = \"ab\"\n{GOOD}"),
            "[[token]]\ntoken = \"canary-in-clear\"".to_owned(),
        ];
        for text in bad {
            let told = format!("{:#}", StaticTokens::parse(&text).unwrap_err());
            assert!(!told.contains("canary"), "{told}");
        }
    }
}
