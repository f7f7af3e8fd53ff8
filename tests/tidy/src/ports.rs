//! Compares the ports that the guide shows with the traits in the domain.

use std::ops::RangeInclusive;

use anyhow::{Context, Result};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Item, ItemTrait, Signature, Visibility};

use crate::text_file::TextFile;
use crate::violation::Violation;

/// The page that shows every port.
pub const PAGE: &str = "docs/guide/ports.md";

/// Unlike `rust`, this fence is never compiled as an example.
const FENCE: &str = "```rs";
const END: &str = "```";

/// A port as the page must show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortBlock {
    pub name: String,
    /// The trait without comments, attributes and blank lines, between fences.
    pub block: String,
}

/// The ports in a file: public traits of the domain's module `port`.
pub fn in_source(file: &TextFile) -> Result<Vec<PortBlock>> {
    let path = file.path.as_str();
    let within = path.strip_prefix("crates/domain/src/port").unwrap_or_default();
    if within != ".rs" && !(within.starts_with('/') && within.ends_with(".rs")) {
        return Ok(Vec::new());
    }
    let source = syn::parse_file(&file.text).with_context(|| format!("parsing {path}"))?;
    let ports = source.items.iter().filter_map(|item| {
        let Item::Trait(port) = item else { return None };
        let block = format!("{FENCE}\n{}{END}", signature(&file.text, port));
        let is_public = matches!(port.vis, Visibility::Public(_));
        is_public.then(|| PortBlock { name: port.ident.to_string(), block })
    });
    Ok(ports.collect())
}

/// The lines of a trait without comments, attributes and blank lines.
fn signature(text: &str, port: &ItemTrait) -> String {
    let mut attributes = Attributes::default();
    attributes.visit_item_trait(port);
    let first = port.vis.span().start().line;
    let last = port.brace_token.span.close().end().line;
    let numbered = text.lines().enumerate().map(|(at, line)| (at + 1, line));
    let kept = numbered.filter(|(at, line)| {
        let is_code = !line.trim().is_empty() && !line.trim_start().starts_with("//");
        let is_attribute = attributes.lines.iter().any(|lines| lines.contains(at));
        (first..=last).contains(at) && is_code && !is_attribute
    });
    kept.map(|(_, line)| format!("{line}\n")).collect()
}

/// The lines of the attributes of a trait and its items. One inside a signature or a body stays,
/// since it can share its line with code.
#[derive(Default)]
struct Attributes {
    lines: Vec<RangeInclusive<usize>>,
}

impl<'ast> Visit<'ast> for Attributes {
    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        self.lines.push(attribute.span().start().line..=attribute.span().end().line);
        visit::visit_attribute(self, attribute);
    }

    fn visit_signature(&mut self, _: &'ast Signature) {}

    fn visit_block(&mut self, _: &'ast Block) {}
}

/// Ports that the page does not show as they are in the source, and those that are in no source.
pub fn in_guide(page: &TextFile, ports: &[PortBlock]) -> Vec<Violation> {
    let sections = sections(&page.text);
    let mut violations = Vec::new();
    for (at, section) in sections.iter().enumerate() {
        let name = section.name.as_str();
        let mut say = |why: String| violations.push(Violation::new(&page.path, section.line, why));
        let Some(port) = ports.iter().find(|port| port.name == name) else {
            say(format!("no port is called `{name}`: remove it"));
            continue;
        };
        if sections[..at].iter().any(|before| before.name == name) {
            say(format!("`{name}` is shown before: once is enough"));
        }
        if !section.has_sentence {
            say(format!("`{name}`: say in one sentence what it is for, before its block"));
        }
        if section.blocks != [port.block.as_str()] {
            say(format!("`{name}` is not as in the source, its block must be:\n{}", port.block));
        }
    }
    let missing = ports.iter().filter(|port| sections.iter().all(|it| it.name != port.name));
    violations.extend(missing.map(|port| {
        let PortBlock { name, block } = port;
        let why = format!("`{name}` is missing: add ### `{name}`, what it is for, and\n{block}");
        Violation::new(&page.path, 1, why)
    }));
    violations
}

/// A heading of the third level, or any other one that has a block of Rust.
#[derive(Debug, Default)]
struct Section {
    line: usize,
    name: String,
    is_port: bool,
    has_sentence: bool,
    blocks: Vec<String>,
}

fn sections(text: &str) -> Vec<Section> {
    let mut sections = vec![Section { line: 1, ..Section::default() }];
    let mut in_block = false;
    for (at, line) in text.lines().enumerate() {
        let Some(section) = sections.last_mut() else { continue };
        if in_block {
            let Some(block) = section.blocks.last_mut() else { continue };
            block.push('\n');
            block.push_str(line);
            in_block = line != END;
        } else if line.starts_with("```") {
            section.blocks.push(line.to_owned());
            in_block = true;
        } else if line.starts_with('#') {
            let name = line.trim_matches(['#', ' ', '`']).to_owned();
            let is_port = line.starts_with("### ");
            sections.push(Section { line: at + 1, name, is_port, ..Section::default() });
        } else if !line.trim().is_empty() && section.blocks.is_empty() {
            section.has_sentence = true;
        }
    }
    sections.retain(|section| section.is_port || !section.blocks.is_empty());
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "\
//! A port.
use super::StoreError;

/// Keeps things.
#[cfg_attr(feature = \"mock\", mockall::automock)]
#[async_trait]
pub trait Things: Send + Sync {
    /// The thing.
    async fn find(&self, id: u8) -> Result<u8, StoreError>;

    #[expect(
        clippy::unused_async,
        reason = \"a default\"
    )]
    async fn level(
        &self,
        #[cfg(all())] of: u8, // The account.
    ) -> u8 {
        // The lowest.
        0
    }
}

trait Private {}
";

    const PAGE_TEXT: &str = "\
# Ports

Text.

## Stores

### `Things`

Keeps things.

```rs
pub trait Things: Send + Sync {
    async fn find(&self, id: u8) -> Result<u8, StoreError>;
    async fn level(
        &self,
        #[cfg(all())] of: u8, // The account.
    ) -> u8 {
        0
    }
}
```
";

    fn ports(path: &str) -> Vec<PortBlock> {
        in_source(&TextFile::new(path, SOURCE)).unwrap()
    }

    fn found(text: &str) -> Vec<(usize, String)> {
        let page = TextFile::new(PAGE, text);
        let violations = in_guide(&page, &ports("crates/domain/src/port/things.rs"));
        violations.into_iter().map(|it| (it.line, it.why)).collect()
    }

    #[test]
    fn only_public_traits_of_the_module_are_ports() {
        let names = |path| ports(path).into_iter().map(|port| port.name).collect::<Vec<_>>();
        assert_eq!(names("crates/domain/src/port/things.rs"), ["Things"]);
        assert_eq!(names("crates/domain/src/port.rs"), ["Things"]);
        assert!(names("crates/domain/src/port/notes.md").is_empty());
        assert!(names("crates/domain/src/portrait.rs").is_empty());
        assert!(names("crates/application/src/port/things.rs").is_empty());
    }

    #[test]
    fn a_page_that_shows_the_source_passes() {
        assert_eq!(found(PAGE_TEXT), []);
    }

    #[test]
    fn an_outdated_signature_is_found_with_its_block() {
        let block = PAGE_TEXT.split("Keeps things.\n\n").nth(1).unwrap().trim_end();
        let plants =
            [("id: u8", "id: u16"), ("        0\n", ""), ("```rs", "```rust"), ("    }\n", "}\n")];
        for (from, to) in plants {
            let found = found(&PAGE_TEXT.replacen(from, to, 1));
            let why = format!("`Things` is not as in the source, its block must be:\n{block}");
            assert_eq!(found, [(7, why)], "{from}");
        }
        let twice = format!("{PAGE_TEXT}\n{block}\n");
        assert_eq!(found(&twice).len(), 1);
    }

    #[test]
    fn a_missing_port_and_an_unknown_one_are_found() {
        let missing = found("# Ports\n");
        assert!(missing[0].1.starts_with("`Things` is missing: add ### `Things`"), "{missing:?}");
        for more in ["### `Gone`\n", "## Gone\n```rs\n```\n"] {
            let found = found(&format!("{PAGE_TEXT}{more}"));
            assert_eq!(found, [(22, "no port is called `Gone`: remove it".to_owned())]);
        }
    }

    #[test]
    fn a_port_without_a_sentence_or_shown_twice_is_found() {
        let silent = found(&PAGE_TEXT.replacen("Keeps things.\n\n", "", 1));
        assert!(silent.len() == 1 && silent[0].1.contains("one sentence"), "{silent:?}");
        let section = PAGE_TEXT.split("## Stores\n").nth(1).unwrap();
        let twice = found(&format!("{PAGE_TEXT}{section}"));
        assert!(twice.len() == 1 && twice[0].1.contains("shown before"), "{twice:?}");
    }
}
