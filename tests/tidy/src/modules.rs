//! The modules of one crate, and the file that defines each imported name.

use std::collections::{BTreeMap, HashMap};

use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

use crate::source::Source;

/// A path from the crate's root, or a path as it is written.
type Path = Vec<String>;

/// One module: a file under one of its names.
#[derive(Debug, Default)]
struct Module<'a> {
    file: &'a str,
    children: Vec<String>,
    /// Names that `use` brings in, with the path as it is written.
    names: HashMap<String, Path>,
    /// Imported and mentioned paths with their lines, without re-exports.
    mentions: Vec<(Path, usize)>,
}

/// All modules of a crate.
#[derive(Debug)]
pub struct Modules<'a>(BTreeMap<Path, Module<'a>>);

impl<'a> Modules<'a> {
    /// The modules of these files, which are in this directory.
    pub fn of(directory: &str, sources: &[&'a Source]) -> Self {
        let parsed: Vec<_> = sources
            .iter()
            .filter_map(|source| Some((*source, syn::parse_file(source.text()).ok()?)))
            .collect();
        let mut at: Vec<(Path, &'a Source, &syn::File)> = Vec::new();
        for (source, file) in &parsed {
            let place = source.path().strip_prefix(directory).unwrap_or_default();
            let place = place.trim_end_matches(".rs");
            let is_root = place == "lib" || place == "main" && directory.contains("/bin/");
            let path: Path = if is_root {
                Vec::new()
            } else {
                place.split('/').filter(|it| !it.is_empty()).map(Into::into).collect()
            };
            for (child, target) in paths(file) {
                let target = format!("{directory}{target}");
                let twin = parsed.iter().find(|(source, _)| source.path() == target);
                if let Some((source, file)) = twin {
                    at.push(([path.as_slice(), &[child]].concat(), *source, file));
                }
            }
            at.push((path, *source, file));
        }
        Self(at.into_iter().map(|(path, source, file)| (path, module(source, file))).collect())
    }

    /// Every import: the file, the file that defines the name, and the line.
    pub fn imports(&self) -> Vec<(&'a str, &'a str, usize)> {
        let mut imports = Vec::new();
        for (path, module) in &self.0 {
            for (mention, line) in &module.mentions {
                if let Some(file) = self.definer(path, mention, 0) {
                    imports.push((module.file, file, *line));
                }
            }
        }
        imports
    }

    /// The file that defines what `written` means in the module `at`. `None` for other crates.
    fn definer(&self, at: &Path, written: &[String], depth: usize) -> Option<&'a str> {
        let (first, rest) = written.split_first()?;
        if depth > 16 {
            return None;
        }
        let start = match first.as_str() {
            "crate" => Vec::new(),
            "self" => at.clone(),
            "super" => at[..at.len().checked_sub(1)?].to_vec(),
            name => return self.in_module(at, name, rest, depth),
        };
        match rest.split_first() {
            Some((next, _)) if next == "super" => self.definer(&start, rest, depth + 1),
            // A name after `crate`, `self` or `super` is one of ours.
            Some((next, rest)) => self.in_module(&start, next, rest, depth.max(1)),
            None => Some(self.0.get(&start)?.file),
        }
    }

    fn in_module(&self, at: &Path, name: &str, rest: &[String], depth: usize) -> Option<&'a str> {
        let module = self.0.get(at)?;
        if module.children.iter().any(|child| child == name) {
            let child = [at.as_slice(), &[name.to_owned()]].concat();
            return match rest.split_first() {
                Some((next, rest)) => self.in_module(&child, next, rest, depth + 1),
                None => Some(self.0.get(&child)?.file),
            };
        }
        match module.names.get(name) {
            Some(written) if written.as_slice() != [name] => {
                let written = [written.as_slice(), rest].concat();
                self.definer(at, &written, depth + 1)
            }
            // Defined in this file; a name of another crate is only found at the root.
            _ if depth > 0 || !rest.is_empty() || self.is_local(at, name) => Some(module.file),
            _ => None,
        }
    }

    fn is_local(&self, at: &Path, name: &str) -> bool {
        self.0.get(at).is_some_and(|module| module.names.contains_key(name))
    }
}

/// The `#[path]` modules of a file: name and path from the crate's directory.
fn paths(file: &syn::File) -> Vec<(String, String)> {
    let modules = file.items.iter().filter_map(|item| {
        let Item::Mod(module) = item else { return None };
        Some((module.ident.to_string(), path_of(&module.attrs)?))
    });
    modules.collect()
}

fn path_of(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes.iter().find(|it| it.path().is_ident("path"))?;
    let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
    let syn::Expr::Lit(literal) = &pair.value else { return None };
    let syn::Lit::Str(text) = &literal.lit else { return None };
    Some(text.value())
}

fn module<'a>(source: &'a Source, file: &syn::File) -> Module<'a> {
    let module = Module { file: source.path(), ..Module::default() };
    let mut reader = Reader { module, re_exports: Vec::new(), inline: 0 };
    reader.visit_file(file);
    let Reader { mut module, re_exports, .. } = reader;
    // A re-export of a child is no import; of anything else, it is one.
    let of_child = |path: &Path| {
        let first = path.iter().find(|it| *it != "self");
        first.is_some_and(|first| module.children.contains(first))
    };
    let imports: Vec<_> = re_exports.into_iter().filter(|(path, _)| !of_child(path)).collect();
    module.mentions.extend(imports);
    module
}

struct Reader<'a> {
    module: Module<'a>,
    re_exports: Vec<(Path, usize)>,
    /// The number of inline modules around the current item.
    inline: usize,
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if item.content.is_none() {
            self.module.children.push(item.ident.to_string());
        } else if !item.attrs.iter().any(is_for_tests) {
            self.inline += 1;
            visit::visit_item_mod(self, item);
            self.inline -= 1;
        }
    }

    /// Paths in the tokens of a macro call.
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.mention(&call.path);
        self.tokens(call.tokens.clone());
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let mut leaves = Vec::new();
        spread(&item.tree, &mut Vec::new(), &mut leaves);
        for (name, path) in leaves {
            let path = self.seen_from_file(path);
            let line = item.span().start().line;
            if matches!(item.vis, Visibility::Inherited) {
                self.module.mentions.push((path.clone(), line));
            } else {
                self.re_exports.push((path.clone(), line));
            }
            if self.inline == 0 {
                self.module.names.insert(name, path);
            }
        }
    }

    /// `pub(in a::b)` imports nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.mention(path);
        visit::visit_path(self, path);
    }
}

impl Reader<'_> {
    fn mention(&mut self, path: &syn::Path) {
        let written: Path = path.segments.iter().map(|it| it.ident.to_string()).collect();
        if written.len() > 1 && path.leading_colon.is_none() {
            let written = self.seen_from_file(written);
            self.module.mentions.push((written, path.span().start().line));
        }
    }

    /// The same path as seen from the file's own module: each inline module takes one `super`.
    fn seen_from_file(&self, path: Path) -> Path {
        let supers = path.iter().take_while(|it| *it == "super").count();
        let inside = supers.min(self.inline);
        if inside == 0 {
            return path;
        }
        let rest = path[inside..].to_vec();
        if supers > inside { rest } else { [vec!["self".to_owned()], rest].concat() }
    }

    fn tokens(&mut self, stream: TokenStream) {
        let (mut path, mut colons, mut line) = (Path::new(), 0, 1);
        for tree in stream {
            match tree {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        path.clear();
                        line = ident.span().start().line;
                    }
                    path.push(ident.to_string());
                    if path.len() > 1 {
                        let path = self.seen_from_file(path.clone());
                        self.module.mentions.push((path, line));
                    }
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && !path.is_empty() => {
                    colons += 1;
                }
                TokenTree::Group(group) => {
                    path.clear();
                    self.tokens(group.stream());
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => path.clear(),
            }
        }
    }
}

fn is_for_tests(attribute: &Attribute) -> bool {
    attribute.path().is_ident("cfg")
        && attribute.parse_args::<syn::Ident>().is_ok_and(|it| it == "test")
}

/// The leaves of a `use`: the name in this file, and the path as it is written.
fn spread(tree: &UseTree, before: &mut Path, leaves: &mut Vec<(String, Path)>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            spread(&path.tree, before, leaves);
            before.pop();
        }
        UseTree::Group(group) => {
            group.items.iter().for_each(|tree| spread(tree, before, leaves));
        }
        UseTree::Name(name) if name.ident == "self" => {
            let last = before.last().cloned().unwrap_or_default();
            leaves.push((last, before.clone()));
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            leaves.push((name.clone(), [before.as_slice(), &[name]].concat()));
        }
        UseTree::Rename(rename) => {
            let path = [before.as_slice(), &[rename.ident.to_string()]].concat();
            leaves.push((rename.rename.to_string(), path));
        }
        // A glob is an import of the whole module.
        UseTree::Glob(_) => leaves.push(("*".to_owned(), before.clone())),
    }
}
