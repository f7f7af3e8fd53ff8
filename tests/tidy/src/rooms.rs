//! Keeps the platform's rooms free of systems, and the states of effects in one table.

use syn::visit::{self, Visit};

use crate::source::{Source, Token};
use crate::violation::Violation;

/// The rooms that every system uses: a file, or a folder with the file of its name.
const PLATFORM: [&str; 42] = [
    "crates/domain/src/act",
    "crates/domain/src/actor",
    "crates/domain/src/approval",
    "crates/domain/src/audit",
    "crates/domain/src/breaker",
    "crates/domain/src/change",
    "crates/domain/src/correlation",
    "crates/domain/src/display_name",
    "crates/domain/src/effect",
    "crates/domain/src/field",
    "crates/domain/src/idempotency",
    "crates/domain/src/job_lease",
    "crates/domain/src/key_ring",
    "crates/domain/src/mask",
    "crates/domain/src/payload",
    "crates/domain/src/sealed",
    "crates/domain/src/secret",
    "crates/domain/src/port/audit_log",
    "crates/domain/src/port/clock",
    "crates/domain/src/port/data_keys",
    "crates/domain/src/port/effect_queue",
    "crates/domain/src/port/health",
    "crates/domain/src/port/ids",
    "crates/domain/src/port/job_leases",
    "crates/domain/src/port/replay_store",
    "crates/domain/src/port/sealer",
    "crates/application/src/audit_writer",
    "crates/application/src/data_keys",
    "crates/application/src/effect",
    "crates/application/src/idempotency",
    "crates/application/src/job",
    "crates/application/src/mailbox",
    "crates/application/src/system_act",
    "crates/application/src/until_moved",
    "crates/persistence/src/audit",
    "crates/persistence/src/database",
    "crates/persistence/src/effect",
    "crates/persistence/src/idempotency",
    "crates/persistence/src/job_lease",
    "crates/persistence/src/vault",
    "crates/files/src",
    "crates/vault/src",
];

/// Types of the systems.
const SYSTEMS: [&str; 15] = [
    "CallerService",
    "CaseId",
    "CaseSnapshot",
    "ContactId",
    "ContactStores",
    "DecisionLane",
    "FoundCase",
    "MemberId",
    "MemberService",
    "PersonId",
    "PersonService",
    "SetLevel",
    "SetLevelDelivery",
    "UpgradeService",
    "UpgradeStores",
];
/// Modules of the systems.
const MODULES: [&str; 7] =
    ["upgrade", "member", "person", "contact", "caller", "level", "core_bank"];

/// Whether a file is in a room of the platform.
pub fn is_platform(source: &Source) -> bool {
    PLATFORM.iter().any(|room| is_in(source, room))
}

/// Entries of the platform's list that match no file.
pub fn unmatched(sources: &[Source]) -> Vec<&'static str> {
    let is_unmatched = |room: &&str| !sources.iter().any(|source| is_in(source, room));
    PLATFORM.into_iter().filter(is_unmatched).collect()
}

fn is_in(source: &Source, room: &str) -> bool {
    let rest = source.path().strip_prefix(room);
    rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

/// Systems named in a room of the platform, outside tests: their types, and paths through their
/// modules.
pub fn systems(source: &Source) -> Vec<Violation> {
    let tokens = source.tokens();
    let named = tokens.iter().enumerate().filter_map(|(at, (line, token))| {
        let Token::Ident(name) = token else { return None };
        let is_type = SYSTEMS.contains(&name.as_str());
        let is_module = MODULES.contains(&name.as_str()) && is_in_path(tokens, at);
        (is_type || is_module).then_some((*line, name))
    });
    let outside = named.filter(|(line, _)| !source.is_test(*line));
    let why = |name: &String| format!("`{name}` belongs to a system: the platform knows none");
    outside.map(|(line, name)| Violation::new(source.path(), line, why(name))).collect()
}

/// Whether the token follows `::` or precedes it.
fn is_in_path(tokens: &[(usize, Token)], at: usize) -> bool {
    let is_colon = |at: usize| tokens.get(at).is_some_and(|(_, it)| *it == Token::Punct(':'));
    let before = at >= 2 && is_colon(at - 1) && is_colon(at - 2);
    before || is_colon(at + 1) && is_colon(at + 2)
}

/// The file of the transition table, and the one that parses a stored state.
const TABLE: [&str; 2] =
    ["crates/domain/src/effect/machine.rs", "crates/persistence/src/effect/row.rs"];

/// States of effects that are made outside the transition table. Patterns may name them.
pub fn states(source: &Source) -> Vec<Violation> {
    let counted = ["crates/domain/", "crates/application/", "crates/persistence/", "apps/"];
    let is_counted = counted.iter().any(|crate_| source.path().starts_with(crate_));
    if !is_counted || TABLE.contains(&source.path()) {
        return Vec::new();
    }
    let Ok(file) = syn::parse_file(source.text()) else { return Vec::new() };
    let mut made = Made { names: vec!["EffectState".to_owned()], lines: Vec::new() };
    made.visit_file(&file);
    let lines = made.lines.into_iter().filter(|line| !source.is_test(*line));
    let why = "only `Effect::after` names the state that an effect moves to";
    lines.map(|line| Violation::new(source.path(), line, why)).collect()
}

/// The lines of expressions that make an `EffectState`, under any of its names in the file.
struct Made {
    names: Vec<String>,
    lines: Vec<usize>,
}

impl Made {
    fn record(&mut self, path: &syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|it| it.ident.to_string()).collect();
        if let [.., kind, _] = names.as_slice()
            && self.names.contains(kind)
        {
            self.lines.push(path.segments[0].ident.span().start().line);
        }
    }
}

impl<'ast> Visit<'ast> for Made {
    fn visit_pat(&mut self, _: &'ast syn::Pat) {}

    fn visit_use_rename(&mut self, rename: &'ast syn::UseRename) {
        if rename.ident == "EffectState" {
            self.names.push(rename.rename.to_string());
        }
    }

    /// `use EffectState::…` would hide the name.
    fn visit_use_path(&mut self, path: &'ast syn::UsePath) {
        if path.ident == "EffectState" {
            self.lines.push(path.ident.span().start().line);
        }
        visit::visit_use_path(self, path);
    }

    fn visit_expr_path(&mut self, expression: &'ast syn::ExprPath) {
        self.record(&expression.path);
        visit::visit_expr_path(self, expression);
    }

    fn visit_expr_struct(&mut self, expression: &'ast syn::ExprStruct) {
        self.record(&expression.path);
        visit::visit_expr_struct(self, expression);
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
    fn a_system_is_found_in_a_room_of_the_platform() {
        let text = "use crate::upgrade::CaseId; // MemberId\n\
                    #[cfg(test)]\nmod tests { use crate::member::MemberId; }\n";
        let room = source("crates/domain/src/effect/key.rs", text);
        assert!(is_platform(&room));
        assert_eq!(systems(&room).len(), 2);
        assert!(is_platform(&source("crates/domain/src/effect.rs", "")));
        assert!(!is_platform(&source("crates/domain/src/effects.rs", "")));
        let text =
            "use crate::{level::AccountLevel, upgrade}; fn f(level: u8) -> member::Member {}";
        let named = systems(&source("crates/domain/src/effect/key.rs", text));
        assert_eq!(named.len(), 2, "{named:?}");
        assert_eq!(unmatched(&[room]).len(), PLATFORM.len() - 1);
    }

    #[test]
    fn a_state_is_made_in_its_table_only() {
        let text = "fn f(s: &EffectState) -> EffectState {\n\
                    if let EffectState::Manual = s { return EffectState::Confirmed; }\n\
                    EffectState::Planned { due }\n}";
        assert_eq!(states(&source("crates/application/src/a.rs", text)).len(), 2);
        let text = "use x::EffectState as Is; use x::EffectState::Manual; fn f() { Is::Planned }";
        assert_eq!(states(&source("crates/application/src/a.rs", text)).len(), 2);
        assert_eq!(states(&source("crates/domain/src/effect/machine.rs", text)), []);
        assert_eq!(states(&source("crates/testkit/src/a.rs", text)), []);
    }
}
