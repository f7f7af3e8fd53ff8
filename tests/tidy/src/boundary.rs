//! Finds uses of adapters and SQL in the wrong module, which Cargo manifests cannot show.

use crate::source::{Source, Token};
use crate::violation::Violation;

const SERVER: &str = "apps/api/src/";
/// The wiring: this file and its folder.
const WIRING: &str = "apps/api/src/wiring.rs";
const WIRING_FOLDER: &str = "apps/api/src/wiring/";
const ADAPTERS: [&str; 7] = [
    "madoguchi_persistence",
    "madoguchi_esb",
    "madoguchi_itau",
    "madoguchi_mail",
    "madoguchi_identity",
    "madoguchi_upstream",
    "madoguchi_vault",
];

/// What the other files of the server may name of an adapter's crate: settings and other data.
const DATA: [&str; 20] = [
    "Charset",
    "DatabaseUrl",
    "EsbSettings",
    "ItauSettings",
    "Layout",
    "OwnTemplates",
    "PasswordQueue",
    "Pem",
    "PgName",
    "PgSettings",
    "SenderSettings",
    "SmtpSettings",
    "SmtpTls",
    "TemplateMistake",
    "Templates",
    "TokenFile",
    "TrustedRoots",
    "UpstreamSettings",
    "UserFile",
    "is_too_deep",
];

/// Adapters named in the server outside its wiring.
pub fn adapters(source: &Source) -> Vec<Violation> {
    let is_wiring = source.path() == WIRING || source.path().starts_with(WIRING_FOLDER);
    if !source.path().starts_with(SERVER) || is_wiring {
        return Vec::new();
    }
    let tokens = source.tokens();
    let mut found = Vec::new();
    for (at, (line, token)) in tokens.iter().enumerate() {
        let Token::Ident(name) = token else { continue };
        if !ADAPTERS.contains(&name.trim_start_matches("r#")) {
            continue;
        }
        for item in items(&tokens[at + 1..]) {
            if DATA.contains(&item) {
                continue;
            }
            let why = format!("`{name}::{item}`: only the wiring knows which adapter is used");
            found.push(Violation::new(source.path(), *line, why));
        }
    }
    found
}

/// The items that a path names after its crate: `::a`, or all of `::{a, b}`.
fn items(after: &[(usize, Token)]) -> Vec<&str> {
    let mut path = after.iter().skip_while(|(_, token)| matches!(token, Token::Punct(':')));
    match path.next() {
        Some((_, Token::Ident(name))) if name != "as" => vec![name],
        Some((_, Token::Open(_))) => {
            let mut depth = 1;
            let mut items = Vec::new();
            for (_, token) in path {
                match token {
                    Token::Open(_) => depth += 1,
                    Token::Close(_) => depth -= 1,
                    Token::Ident(name) => items.push(name.as_str()),
                    Token::Punct(_) | Token::Literal(_) => {}
                }
                if depth == 0 {
                    break;
                }
            }
            items
        }
        // A glob, or the crate as a whole.
        Some(_) | None => vec!["*"],
    }
}

/// SQL statements in strings outside the persistence crate, except in tests.
pub fn sql(source: &Source) -> Vec<Violation> {
    let path = source.path();
    let ours = path.starts_with("crates/") || path.starts_with("apps/");
    if !ours || path.starts_with("crates/persistence/") {
        return Vec::new();
    }
    let statements = source.strings().filter(|(line, text)| is_sql(text) && !source.is_test(*line));
    let why = "SQL belongs to crates/persistence: ask a port";
    statements.map(|(line, _)| Violation::new(path, line, why)).collect()
}

/// Upper-case statements by their first keyword; others need a second keyword, because "Select a
/// member" is English.
fn is_sql(text: &str) -> bool {
    let words: Vec<_> = text.split_whitespace().collect();
    let Some(first) = words.first() else { return false };
    let shouted = ["SELECT", "INSERT", "UPDATE"].contains(first) && words.len() > 1;
    let next = words.get(1).map(|word| word.to_ascii_uppercase()).unwrap_or_default();
    let later = |keyword: &str| words.iter().any(|word| word.eq_ignore_ascii_case(keyword));
    shouted
        || match first.to_ascii_uppercase().as_str() {
            "INSERT" => next == "INTO",
            "DELETE" => next == "FROM",
            "CREATE" => next == "TABLE",
            "SELECT" => later("FROM") && !text.ends_with('.'),
            "UPDATE" => later("SET") && text.contains('='),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_file::TextFile;

    fn source(path: &str, text: &str) -> Source {
        Source::parse(&TextFile::new(path, text)).unwrap()
    }

    #[test]
    fn an_adapter_is_found_outside_the_wiring_but_not_in_its_documentation() {
        let text = "//! Not madoguchi_esb.\nuse madoguchi_esb::{Esb, EsbSettings};\n\
                    fn a() { let b = madoguchi_persistence::open(); }\nuse madoguchi_itau::*;\n\
                    use madoguchi_identity as other;\nuse madoguchi_upstream::Charset;\n\
                    use madoguchi_upstream::{{Charset}, HttpUpstream};\n\
                    use r#madoguchi_esb::Esb;\n";
        let lines: Vec<_> =
            adapters(&source("apps/api/src/settings.rs", text)).iter().map(|v| v.line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 7, 8]);
        let beside = source("apps/api/src/wiring_more.rs", text);
        assert_eq!(adapters(&beside).len(), 6);
        assert_eq!(adapters(&source("apps/api/src/wiring.rs", text)), []);
        assert_eq!(adapters(&source("apps/api/src/wiring/stores.rs", text)), []);
        assert_eq!(adapters(&source("apps/api/tests/a.rs", text)), []);
    }

    #[test]
    fn a_statement_is_found_where_it_does_not_belong() {
        let text = "fn a() {\n  b(\"SELECT 1\");\n  c!(\"insert into t values (1)\");\n\
                    d(r#\"\n  update t set n = 1\"#);\n}\n#[cfg(test)]\nmod tests {\n\
                    const S: &str = \"DELETE FROM t\";\n}\n";
        let lines: Vec<_> =
            sql(&source("apps/api/src/a.rs", text)).iter().map(|v| v.line).collect();
        assert_eq!(lines, [2, 3, 4]);
        assert_eq!(sql(&source("crates/persistence/src/a.rs", text)), []);
        assert_eq!(sql(&source("crates/esb/tests/a.rs", text)), []);
    }

    #[test]
    fn a_statement_is_told_from_a_sentence() {
        for statement in ["select n\nfrom t", "DELETE FROM t", "create table t ()", "UPDATE t"] {
            assert!(is_sql(statement), "{statement}");
        }
        for sentence in ["", "Select a member from the list.", "updated", "Delete it", "INSERT"] {
            assert!(!is_sql(sentence), "{sentence}");
        }
    }
}
