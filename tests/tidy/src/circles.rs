//! Finds circles of files inside a crate: files that import each other in a loop. `mod` lines and
//! re-exports do not count: a name is followed to the file that defines it.

use std::collections::{BTreeMap, BTreeSet};

use crate::modules::Modules;
use crate::source::Source;
use crate::violation::Violation;

/// Which file imports which, each with the line of one import.
type Arrows<'a> = BTreeMap<&'a str, BTreeMap<&'a str, usize>>;

/// The directories of the libraries and programs whose sources are under `src`.
pub fn roots(src: &str, sources: &[Source]) -> Vec<String> {
    let programs = sources.iter().filter_map(|source| {
        let program = source.path().strip_suffix("main.rs")?;
        program.starts_with(&format!("{src}bin/")).then(|| program.to_owned())
    });
    [src.to_owned()].into_iter().chain(programs).collect()
}

/// Circles among the files of the library or program whose sources are in this directory.
///
/// # Panics
///
/// When the files import nothing from each other: then they were not found.
pub fn circles(directory: &str, sources: &[Source]) -> Vec<Violation> {
    let own = |source: &&Source| {
        let rest = source.path().strip_prefix(directory);
        // A program has modules of its own.
        rest.is_some_and(|rest| !rest.starts_with("bin/")) && !source.is_test_file()
    };
    let sources: Vec<&Source> = sources.iter().filter(own).collect();
    let modules = Modules::of(directory, &sources);
    let mut arrows: Arrows<'_> = BTreeMap::new();
    for (from, to, line) in modules.imports() {
        if from != to {
            arrows.entry(from).or_default().entry(to).or_insert(line);
        }
    }
    assert!(!arrows.is_empty(), "no file in {directory} imports another");
    let mut found = Vec::new();
    let mut reported = BTreeSet::new();
    for start in arrows.keys() {
        let Some(circle) = circle_from(start, &arrows) else { continue };
        let files: BTreeSet<&str> = circle.iter().copied().collect();
        if reported.insert(files) {
            let line = arrows[circle[0]].get(circle[1 % circle.len()]).copied().unwrap_or(1);
            let why = format!("a circle of files: {} → {}", circle.join(" → "), circle[0]);
            found.push(Violation::new(circle[0], line, why));
        }
    }
    found
}

/// The shortest way from a file back to itself.
fn circle_from<'a>(start: &'a str, arrows: &Arrows<'a>) -> Option<Vec<&'a str>> {
    let mut ways: Vec<Vec<&str>> = vec![vec![start]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            for next in arrows.get(way[way.len() - 1]).into_iter().flat_map(BTreeMap::keys) {
                if *next == start {
                    return Some(way);
                }
                if seen.insert(*next) {
                    longer.push([way.as_slice(), &[*next]].concat());
                }
            }
        }
        ways = longer;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text_file::TextFile;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let source = |(path, text): &(&str, &str)| {
            Source::parse(&TextFile::new(&format!("crates/a/src/{path}"), text)).unwrap()
        };
        let sources: Vec<Source> = files.iter().map(source).collect();
        circles("crates/a/src/", &sources).into_iter().map(|it| it.why).collect()
    }

    #[test]
    fn two_files_that_import_each_other_are_a_circle() {
        let files = [
            ("lib.rs", "mod one; mod two; pub use one::One;"),
            ("one.rs", "use crate::two::Two; pub struct One(Two);"),
            ("two.rs", "pub struct Two; fn f(_: &crate::One) {}"),
        ];
        let circle = "a circle of files: crates/a/src/one.rs → crates/a/src/two.rs \
                      → crates/a/src/one.rs";
        assert_eq!(found(&files), [circle]);
    }

    #[test]
    fn a_longer_circle_through_re_exports_and_modules_is_found() {
        let files = [
            ("lib.rs", "mod room; mod other;"),
            ("room.rs", "mod inner; pub(crate) use inner::Inner; pub(crate) mod deep;"),
            ("room/inner.rs", "use super::deep; pub(crate) struct Inner; fn f() { deep::g(); }"),
            ("room/deep.rs", "use crate::other; pub(crate) fn g() -> other::Other { todo!() }"),
            ("other.rs", "use crate::room::Inner; pub(crate) struct Other(Inner);"),
        ];
        assert_eq!(found(&files).len(), 1);
    }

    #[test]
    fn a_name_of_the_parent_a_macro_and_a_glob_are_imports() {
        let child = [
            "use super::helper; pub fn f() { helper(); }",
            "pub fn f() { vec![super::helper()]; }",
            "use super::*; pub fn f() { helper(); }",
            "mod inline { use crate::parent::helper; }",
            "mod inline { use super::super::helper; }",
            "mod inline { fn f() { super::super::helper(); } }",
            "pub(self) use super::helper; pub fn f() { helper(); }",
            "pub(crate) use crate::parent::helper;",
        ];
        for text in child {
            let files = [
                ("lib.rs", "mod parent;"),
                ("parent.rs", "mod child; use child::f; fn helper() {}"),
                ("parent/child.rs", text),
            ];
            assert_eq!(found(&files).len(), 1, "{text}");
        }
    }

    #[test]
    fn module_lines_re_exports_and_tests_are_no_arrows() {
        let files = [
            ("lib.rs", "mod room; pub use room::{One, Two};"),
            ("room.rs", "mod one; mod two; pub use one::One; pub use two::Two;"),
            (
                "room/one.rs",
                "pub struct One;\n#[cfg(test)] mod tests { use super::super::two::Two; }",
            ),
            ("room/two.rs", "use super::One; pub struct Two(One); use std::fmt;"),
        ];
        assert!(found(&files).is_empty());
    }

    #[test]
    fn a_program_is_a_root_of_its_own() {
        let file = |path: &str, text: &str| Source::parse(&TextFile::new(path, text)).unwrap();
        let sources = [
            file("t/src/lib.rs", "mod a; mod b;"),
            file("t/src/a.rs", "use crate::b::B;"),
            file("t/src/b.rs", "pub struct B;"),
            file("t/src/bin/load/main.rs", "mod part; struct Options; fn f() { part::run(); }"),
            file("t/src/bin/load/part.rs", "use crate::Options; pub fn run() {}"),
        ];
        let roots = roots("t/src/", &sources);
        assert_eq!(roots, ["t/src/", "t/src/bin/load/"]);
        let found = |root: &String| circles(root, &sources).len();
        assert_eq!(roots.iter().map(found).collect::<Vec<_>>(), [0, 1]);
    }

    #[test]
    fn the_parent_of_an_inline_module_is_its_own_file() {
        let files = [
            ("lib.rs", "mod parent;"),
            ("parent.rs", "mod child; use child::f; fn helper() {}"),
            ("parent/child.rs", "pub fn f() {} mod inline { use super::f; fn g() { f(); } }"),
        ];
        assert!(found(&files).is_empty());
    }

    #[test]
    fn a_file_that_is_compiled_twice_is_one_file() {
        let files = [
            ("lib.rs", "mod pg; mod lite; mod row;"),
            ("pg.rs", "use crate::row::Row; #[path = \"row/store.rs\"] mod store;"),
            ("lite.rs", "use crate::row::Row; #[path = \"row/store.rs\"] mod store;"),
            ("row.rs", "pub(crate) struct Row; fn f() { crate::pg::store::g(); }"),
            ("row/store.rs", "use crate::row::Row; pub(crate) fn g() -> Row { Row }"),
        ];
        assert_eq!(found(&files).len(), 1, "row.rs and its store import each other");
    }
}
