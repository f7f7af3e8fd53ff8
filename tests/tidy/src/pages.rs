//! Finds long decision pages, dead links, named tests that do not exist, and local paths.

use crate::text_file::TextFile;
use crate::violation::Violation;

/// Maximum lines of a decision page: a longer one contains two decisions, or too much text.
pub const DECISION: usize = 40;

/// A decision page that is too long.
pub fn decisions(page: &TextFile) -> Option<Violation> {
    let is_decision = page.path.starts_with("docs/adr/") && page.path.ends_with(".md");
    let length = page.text.lines().count();
    let why = format!("{length} lines, {DECISION} are allowed: keep what was decided and why");
    (is_decision && length > DECISION).then(|| Violation::new(&page.path, DECISION + 1, why))
}

/// Dead relative links in the README and in `docs`.
pub fn links(page: &TextFile, exists: impl Fn(&str) -> bool) -> Vec<Violation> {
    let in_book = page.path.starts_with("docs/") && page.path.ends_with(".md");
    if page.path != "README.md" && !in_book {
        return Vec::new();
    }
    let dead = link_targets(&page.text).into_iter().filter_map(|(line, target)| {
        let file = target.split('#').next().unwrap_or_default();
        let elsewhere = file.is_empty() || file.contains("://") || file.starts_with("mailto:");
        let known = elsewhere || resolve(&page.path, file).is_some_and(|path| exists(&path));
        let why = format!("the link to `{target}` leads nowhere");
        (!known).then(|| Violation::new(&page.path, line, why))
    });
    dead.collect()
}

/// Tests that `docs` names and that do not exist. A test's name has four words or more; a name
/// that starts with `madoguchi_` is a metric.
pub fn tests(page: &TextFile, exists: impl Fn(&str) -> bool) -> Vec<Violation> {
    if page.path != "README.md" && !page.path.starts_with("docs/") {
        return Vec::new();
    }
    let spans =
        page.text.lines().enumerate().flat_map(|(at, line)| {
            line.split('`').skip(1).step_by(2).map(move |span| (at + 1, span))
        });
    let named = spans.filter(|(_, span)| {
        let is_name =
            span.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        is_name && span.matches('_').count() >= 3 && !span.starts_with("madoguchi_")
    });
    let missing = named.filter(|(_, name)| !exists(name));
    missing
        .map(|(line, name)| Violation::new(&page.path, line, format!("no test is called `{name}`")))
        .collect()
}

/// Names of all functions in a Rust file, also inside macros, but not in comments.
pub fn functions(file: &TextFile) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let rust = if file.path.ends_with(".rs") { file.text.as_str() } else { "" };
    rust.lines().filter(is_code).flat_map(move |line| {
        line.split("fn ").skip(1).filter_map(move |rest| rest.split(|c| !is_part(c)).next())
    })
}

/// Absolute paths that exist on the author's machine only.
pub fn machine_paths(file: &TextFile) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (at, line) in file.text.lines().enumerate() {
        for folder in ["root", "home", "work"] {
            let path = format!("/{folder}/");
            if line.match_indices(&path).any(|(start, _)| is_absolute(&line[..start])) {
                let why = format!("`{path}…` is a path of one machine");
                violations.push(Violation::new(&file.path, at + 1, why));
            }
        }
    }
    violations
}

/// Whether a path after `before` starts there and is not the rest of a longer path.
fn is_absolute(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric() || "._-~/*{}$)>".contains(c))
}

/// Every `](target)` and `[name]: target` with its line, outside code.
fn link_targets(text: &str) -> Vec<(usize, String)> {
    let mut targets = Vec::new();
    let mut in_code = false;
    for (at, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        let inline = prose.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
        targets.extend(inline.map(|target| (at + 1, target.to_owned())));
        if let Some((_, target)) = prose.split_once("]: ").filter(|_| prose.starts_with('[')) {
            let target = target.split_whitespace().next().unwrap_or_default();
            targets.push((at + 1, target.to_owned()));
        }
    }
    targets
}

/// The file that `target` on the page at `page` refers to; `None` if it is outside the project.
fn resolve(page: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = page.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str, text: &str) -> TextFile {
        TextFile::new(path, text)
    }

    fn lines(violations: &[Violation]) -> Vec<usize> {
        violations.iter().map(|violation| violation.line).collect()
    }

    #[test]
    fn a_decision_of_41_lines_is_found() {
        assert_eq!(decisions(&page("docs/adr/0001-a.md", &"a\n".repeat(40))), None);
        assert!(decisions(&page("docs/adr/0001-a.md", &"a\n".repeat(41))).is_some());
        assert_eq!(decisions(&page("docs/guide.md", &"a\n".repeat(41))), None);
    }

    #[test]
    fn a_dead_link_is_found_and_a_living_one_is_not() {
        let text = "[a](b.md) ![c](../d.svg \"title\") [e](gone.md#part)\n\
                    [f](https://g.example/h) [i](#here) [j](mailto:k@example.com)\n\
                    `[l](code.md)`\n```\n[m](code.md)\n```\n[n]: gone.md\n[o](../../outside.md)\n";
        let exists = |path: &str| ["docs/b.md", "d.svg"].contains(&path);
        assert_eq!(lines(&links(&page("docs/a.md", text), exists)), [1, 7, 8]);
        assert_eq!(links(&page("crates/a/notes.md", text), exists), []);
        assert_eq!(lines(&links(&page("README.md", "[a](gone.md)"), exists)), [1]);
    }

    #[test]
    fn a_test_that_is_promised_and_not_there_is_found() {
        let text = "| a | `this_one_is_there`, `this_one_is_not` |\n\
                    `max_reply_bytes`, `madoguchi_answers_in_all`, `a_suite_of_checks!`\n";
        let exists = |name: &str| name == "this_one_is_there";
        assert_eq!(lines(&tests(&page("docs/a.md", text), exists)), [1]);
        assert_eq!(tests(&page("crates/a/notes.md", text), exists), []);
        let code =
            "proptest! { fn this_one_is_there(a in 1..2) {} }\n// fn this_one_was_there() {}";
        let code = page("a.rs", code);
        assert_eq!(functions(&code).collect::<Vec<_>>(), ["this_one_is_there"]);
    }

    #[test]
    fn a_path_of_one_machine_is_found_but_not_one_of_the_project() {
        let planted = ["root", "home", "work"].map(|folder| format!("see (/{folder}/me/a.rs)"));
        for line in &planted {
            assert_eq!(lines(&machine_paths(&page("a.md", line))), [1], "{line}");
        }
        let relative = ["docs/home/a.md", "https://a.example/work/b", "$PWD/root/c", "../home/d"];
        assert_eq!(machine_paths(&page("a.md", &relative.join("\n"))), []);
    }
}
