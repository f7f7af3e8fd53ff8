//! Finds dependencies that no file of their crate names.

use cargo_metadata::DependencyKind;

use crate::arrows::WorkspaceMember;
use crate::source::Source;
use crate::violation::Violation;

/// Dependencies that no file names, and why they are there.
const NEEDED: [(&str, &str); 3] = [
    // Its feature compiles SQLite into diesel.
    ("persistence", "libsqlite3-sys"),
    // The guide's adapter, which its tests include, names it.
    ("upstream", "async-trait"),
    // The contract suites write tests that name it.
    ("vault", "tokio"),
];

/// Dependencies in the manifest that no file names. One for tests may be named by any file, another
/// one must be named outside of tests.
pub fn dependencies(member: &WorkspaceMember, sources: &[Source]) -> Vec<Violation> {
    let root = member.manifest.path.trim_end_matches("Cargo.toml");
    let own: Vec<&Source> = sources.iter().filter(|it| it.path().starts_with(root)).collect();
    let is_named = |dependency: &str, for_tests: bool| {
        let name = dependency.replace('-', "_");
        own.iter().any(|source| {
            let mut lines = source.text().lines().enumerate();
            lines.any(|(at, line)| (for_tests || !source.is_test(at + 1)) && names(line, &name))
        })
    };
    let unused = member.dependencies.iter().filter(|dependency| {
        let for_tests = dependency.kind == DependencyKind::Development;
        !NEEDED.contains(&(&*member.name, &*dependency.name))
            && !is_named(&dependency.name, for_tests)
    });
    let why = |name: &str| format!("no file of `{}` names `{name}`: remove it", member.name);
    unused.map(|it| member.violation(&it.name, why(&it.name))).collect()
}

/// Whether the line has this word outside of a comment.
fn names(line: &str, word: &str) -> bool {
    let line = line.trim_start();
    let is_part = |it: char| it.is_ascii_alphanumeric() || it == '_';
    !line.starts_with("//") && line.split(|it| !is_part(it)).any(|it| it == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arrows::Dependency;
    use crate::text_file::TextFile;

    #[test]
    fn a_dependency_that_only_a_comment_or_a_test_names_is_found() {
        let dependency = |name: &str, kind| Dependency { name: name.into(), kind, optional: false };
        let manifest = TextFile::new(
            "crates/a/Cargo.toml",
            "[dependencies]\none-two.workspace = true\nthree = \"1\"\nfour = \"1\"\n\
             [dev-dependencies]\nfive = \"1\"\n",
        );
        let dependencies = vec![
            dependency("one-two", DependencyKind::Normal),
            dependency("three", DependencyKind::Normal),
            dependency("four", DependencyKind::Normal),
            dependency("five", DependencyKind::Development),
        ];
        let member = WorkspaceMember { name: "a".into(), manifest, dependencies };
        let text = "// three\nuse one_two::A;\n#[cfg(test)]\nmod tests {\n    use four::B;\n    \
                    use five::C;\n}\n";
        let own = Source::parse(&TextFile::new("crates/a/src/lib.rs", text)).unwrap();
        let other = Source::parse(&TextFile::new("crates/b/src/lib.rs", "use three::A;")).unwrap();
        let found = super::dependencies(&member, &[own, other]);
        let lines: Vec<_> = found.iter().map(|violation| violation.line).collect();
        assert_eq!(lines, [3, 4]);
    }
}
