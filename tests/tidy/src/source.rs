//! Parses one Rust file for the rules: its tokens, its modules and the lines of its tests.
//!
//! Rules use tokens, not lines: a comment or a string that mentions a banned name is no violation,
//! and unusual spacing hides none.

use std::ops::{Range, RangeInclusive};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::text_file::TextFile;
use crate::violation::Violation;

/// A token; a group is flattened to its delimiters and the tokens between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Ident(String),
    Punct(char),
    Literal(String),
    Open(Delimiter),
    Close(Delimiter),
}

impl Token {
    pub fn is(&self, ident: &str) -> bool {
        matches!(self, Self::Ident(name) if name == ident)
    }
}

/// A parsed file.
#[derive(Debug)]
pub struct Source {
    file: TextFile,
    tokens: Vec<(usize, Token)>,
    modules: Vec<(usize, String)>,
    tests: Vec<RangeInclusive<usize>>,
}

impl Source {
    pub fn parse(file: &TextFile) -> Result<Self, Violation> {
        let located = |error: syn::Error| {
            Violation::new(&file.path, error.span().start().line, format!("no Rust: {error}"))
        };
        let stream: TokenStream = syn::parse_str(&file.text).map_err(located)?;
        let mut tokens = Vec::new();
        spread(stream.clone(), &mut tokens);
        let mut items = Items::default();
        items.visit_file(&syn::parse2(stream).map_err(located)?);
        let tests = test_items(&tokens);
        Ok(Self { file: file.clone(), tokens, modules: items.modules, tests })
    }

    pub fn path(&self) -> &str {
        &self.file.path
    }

    pub fn text(&self) -> &str {
        &self.file.text
    }

    /// Every token with its line.
    pub fn tokens(&self) -> &[(usize, Token)] {
        &self.tokens
    }

    /// Modules declared or defined here, each with its line.
    pub fn modules(&self) -> &[(usize, String)] {
        &self.modules
    }

    /// The values of string literals with their lines, except documentation.
    pub fn strings(&self) -> impl Iterator<Item = (usize, String)> {
        let docs: Vec<_> = attributes(&self.tokens)
            .filter(|inside| self.tokens.get(inside.start).is_some_and(|(_, t)| t.is("doc")))
            .collect();
        self.tokens.iter().enumerate().filter_map(move |(at, (line, token))| {
            let Token::Literal(literal) = token else { return None };
            let value = syn::parse_str::<syn::LitStr>(literal).ok()?.value();
            (!docs.iter().any(|doc| doc.contains(&at))).then_some((*line, value))
        })
    }

    /// Whether the whole file is test code: a file in a crate's `tests` directory, or a test module
    /// in its own file. Crates in the top directory `tests` are treated like any other crate.
    pub fn is_test_file(&self) -> bool {
        let mut parts = self.path().split('/');
        let name = parts.next_back();
        name == Some("tests.rs") || parts.skip(1).any(|part| part == "tests")
    }

    /// Whether the line is test code: in such a file, or in an item under `#[cfg(test)]`.
    pub fn is_test(&self, line: usize) -> bool {
        self.is_test_file() || self.tests.iter().any(|lines| lines.contains(&line))
    }
}

fn spread(stream: TokenStream, tokens: &mut Vec<(usize, Token)>) {
    for tree in stream {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Ident(ident) => tokens.push((line, Token::Ident(ident.to_string()))),
            TokenTree::Punct(punct) => tokens.push((line, Token::Punct(punct.as_char()))),
            TokenTree::Literal(literal) => tokens.push((line, Token::Literal(literal.to_string()))),
            TokenTree::Group(group) => {
                tokens.push((line, Token::Open(group.delimiter())));
                spread(group.stream(), tokens);
                let end = group.span_close().end().line;
                tokens.push((end, Token::Close(group.delimiter())));
            }
        }
    }
}

/// The token range inside each `#[…]` and `#![…]`.
fn attributes(tokens: &[(usize, Token)]) -> impl Iterator<Item = Range<usize>> {
    let kind = |at: usize| tokens.get(at).map(|(_, token)| token);
    (0..tokens.len()).filter_map(move |at| {
        if kind(at) != Some(&Token::Punct('#')) {
            return None;
        }
        let open = if kind(at + 1) == Some(&Token::Punct('!')) { at + 2 } else { at + 1 };
        let bracket = kind(open) == Some(&Token::Open(Delimiter::Bracket));
        bracket.then(|| open + 1..group_end(tokens, open))
    })
}

/// The index of the delimiter that closes the one at `open`.
fn group_end(tokens: &[(usize, Token)], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, (_, token)) in tokens.iter().enumerate().skip(open) {
        match token {
            Token::Open(_) => depth += 1,
            Token::Close(_) if depth == 1 => return at,
            Token::Close(_) => depth -= 1,
            Token::Ident(_) | Token::Punct(_) | Token::Literal(_) => {}
        }
    }
    tokens.len()
}

/// The lines of each item that is compiled for tests only, including its attribute.
fn test_items(tokens: &[(usize, Token)]) -> Vec<RangeInclusive<usize>> {
    let only_for_tests = |inside: &Range<usize>| {
        let names = tokens[inside.clone()].iter().filter_map(|(_, token)| match token {
            Token::Ident(name) => Some(name.as_str()),
            Token::Punct(_) | Token::Literal(_) | Token::Open(_) | Token::Close(_) => None,
        });
        let names: Vec<_> = names.take(3).collect();
        names.starts_with(&["cfg", "test"]) || names == ["cfg", "all", "test"]
    };
    attributes(tokens)
        .filter(only_for_tests)
        .map(|inside| tokens[inside.start].0..=item_end(tokens, inside.end + 1))
        .collect()
}

/// The last line of the item at `start`: its first `;` or `}` outside any group.
fn item_end(tokens: &[(usize, Token)], start: usize) -> usize {
    let mut at = start;
    while let Some((line, token)) = tokens.get(at) {
        match token {
            Token::Punct(';') => return *line,
            Token::Open(delimiter) => {
                at = group_end(tokens, at);
                if *delimiter == Delimiter::Brace {
                    break;
                }
            }
            Token::Ident(_) | Token::Punct(_) | Token::Literal(_) | Token::Close(_) => {}
        }
        at += 1;
    }
    tokens.get(at).or(tokens.last()).map_or(0, |(line, _)| *line)
}

#[derive(Default)]
struct Items {
    modules: Vec<(usize, String)>,
}

impl<'ast> Visit<'ast> for Items {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.modules.push((item.ident.span().start().line, item.ident.to_string()));
        visit::visit_item_mod(self, item);
    }
}

#[cfg(test)]
mod tests;
