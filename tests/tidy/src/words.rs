//! Checks names: former ones that must not return, and public types with more than one meaning.

use std::collections::BTreeMap;

use crate::source::{Source, Token};
use crate::text_file::TextFile;
use crate::violation::Violation;

/// Names and words that were replaced by the field's own, as whole words in their exact case.
pub const FORMER: &str = "
    left_alone lane.most lane.queue effects.calls itau.calls itau.waiting itau.repeats
    itau.remembered patience_ms breaker_longest_ms madoguchi_answers_total
    madoguchi_answer_seconds madoguchi_orders_total madoguchi_passwords_total UpgradeDesk
    MemberDesk CallerDesk DeskError Desk desk Front Standing Dossier dossier Teller teller
    Trail Passage passage Setback setback Pursuit Stage Hall Counter Interposed BrittleQueue
    Ordeal Toll Trial Tally Deed duty duties madoguchi_peer madoguchi-peer PeerSettings
    InvalidPeer patience PATIENCE believed Poisoned Aside leave_to_people told coded risen
    aimed rests_on whoever Whoever LaneSettings ToldBy full_passage unplayed Playlist
";

/// Former names in code, documentation, SQL and configuration.
pub fn former(file: &TextFile) -> Vec<Violation> {
    let is_checked =
        [".rs", ".md", ".sql", ".toml"].iter().any(|ending| file.path.ends_with(ending));
    // This list has to hold them.
    if !is_checked || file.path.ends_with("tidy/src/words.rs") {
        return Vec::new();
    }
    let lines = file.text.lines().enumerate();
    lines
        .flat_map(|(at, line)| {
            let found = FORMER.split_whitespace().filter(move |word| holds(line, word));
            found.map(move |word| {
                let why = format!("`{word}` is a former name: take the one that replaced it");
                Violation::new(&file.path, at + 1, why)
            })
        })
        .collect()
}

/// Whether a line holds a name as a whole word.
fn holds(line: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| {
        !is_part(line[..at].chars().next_back()) && !is_part(line[at + word.len()..].chars().next())
    })
}

/// Public types whose name another public type has too. Wire structs mirror each other.
pub fn types_with_one_name(sources: &[Source]) -> Vec<Violation> {
    let mut defined: BTreeMap<&str, Vec<(&str, usize)>> = BTreeMap::new();
    let counted = sources.iter().filter(|source| !source.path().contains("wire"));
    for source in counted {
        for (line, name) in public_types(source) {
            defined.entry(name).or_default().push((source.path(), line));
        }
    }
    let twice = defined.into_iter().filter(|(_, places)| places.len() > 1);
    twice
        .map(|(name, places)| {
            let (path, line) = places[1];
            let why = format!("`{name}` is also defined in {}: one meaning, one name", places[0].0);
            Violation::new(path, line, why)
        })
        .collect()
}

fn public_types(source: &Source) -> Vec<(usize, &str)> {
    let kinds = ["struct", "enum", "trait", "type"];
    let triples = source.tokens().windows(3).filter_map(|three| {
        let [(_, first), (line, second), (_, Token::Ident(name))] = three else { return None };
        let is_public_type = first.is("pub") && kinds.iter().any(|kind| second.is(kind));
        is_public_type.then_some((*line, name.as_str()))
    });
    triples.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile::new(path, text)
    }

    #[test]
    fn a_former_name_is_found_as_a_whole_word() {
        let words = |path: &str, text: &str| former(&file(path, text)).len();
        assert_eq!(words("docs/x.md", "A `Dossier` and its dossier."), 2);
        assert_eq!(words("a.sql", "select told, coded from x"), 2);
        assert_eq!(words("a.rs", "let told_by = SnapshotRow; // Frontier, desktop"), 0);
        assert_eq!(words("a.json", "Dossier"), 0);
    }

    #[test]
    fn a_second_public_type_of_one_name_is_found() {
        let source = |path: &str, text: &str| Source::parse(&file(path, text)).unwrap();
        let first = source("crates/a/src/lib.rs", "pub struct Thing; struct Other;");
        let second = source("crates/b/src/lib.rs", "pub enum Thing {} pub trait Other {}");
        let wire = source("crates/b/src/wire.rs", "pub struct Thing;");
        let found = types_with_one_name(&[first, second, wire]);
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
