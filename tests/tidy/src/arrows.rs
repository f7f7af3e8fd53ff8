//! Finds dependencies that point outward, between our crates and to libraries.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::text_file::TextFile;
use crate::violation::Violation;

/// The crates of ours that each crate may depend on. Tests may also use the testkit.
const INWARD: [(&str, &[&str]); 16] = [
    ("domain", &[]),
    ("application", &["domain"]),
    ("persistence", &["domain"]),
    ("upstream", &["domain"]),
    ("esb", &["domain", "upstream"]),
    ("itau", &["domain", "upstream"]),
    ("mail", &["domain"]),
    ("files", &[]),
    ("identity", &["domain", "files"]),
    ("vault", &["domain", "files"]),
    (
        "api",
        &[
            "domain",
            "application",
            "client",
            "persistence",
            "esb",
            "itau",
            "mail",
            "files",
            "identity",
            "upstream",
            "vault",
        ],
    ),
    ("client", &["domain"]),
    ("sandbox", &["api", "client", "testkit"]),
    ("testkit", &["domain", "application"]),
    ("tidy", &[]),
    // It fills databases over the store, where clients would take hours.
    ("journey", &["client", "domain", "persistence", "sandbox", "testkit", "vault"]),
];

/// Libraries that only these crates may use; other crates go through a port.
const CONFINED: [(&str, &[&str]); 11] = [
    ("diesel", &["persistence"]),
    ("diesel-async", &["persistence"]),
    ("diesel_migrations", &["persistence"]),
    ("tokio-postgres", &["persistence"]),
    ("tokio-postgres-rustls", &["persistence"]),
    ("libsqlite3-sys", &["persistence"]),
    ("reqwest", &["upstream", "client"]),
    ("actix-web", &["api"]),
    ("aws-lc-rs", &["vault"]),
    ("lettre", &["mail"]),
    ("minijinja", &["mail"]),
];

/// Libraries that the domain may use: values, derives and digests. `mockall` only as an option.
const DOMAIN_USES: [&str; 9] = [
    "async-trait",
    "serde",
    "thiserror",
    "uuid",
    "jiff",
    "sha2",
    "hmac",
    "unicode-normalization",
    "mockall",
];

/// Packages that the domain must not depend on, also not indirectly.
const DOMAIN_NEVER: [&str; 6] =
    ["tokio", "diesel", "diesel-async", "actix-web", "reqwest", "hyper"];

/// Maximum number of packages in the domain's dependency tree, itself included.
pub const DOMAIN_TREE: usize = 28;

/// A crate of the workspace with the dependencies in its manifest.
#[derive(Debug)]
pub struct WorkspaceMember {
    /// The name without `madoguchi-`.
    pub name: String,
    pub manifest: TextFile,
    pub dependencies: Vec<Dependency>,
}

/// One dependency in a manifest.
#[derive(Debug)]
pub struct Dependency {
    pub name: String,
    pub kind: DependencyKind,
    pub optional: bool,
}

impl WorkspaceMember {
    pub(crate) fn violation(&self, dependency: &str, why: String) -> Violation {
        let of_it = |line: &str| {
            line.strip_prefix(dependency).is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
        };
        let line = self.manifest.text.lines().position(of_it).map_or(1, |at| at + 1);
        Violation::new(&self.manifest.path, line, why)
    }
}

/// The crates of the workspace at `root`.
pub fn members(root: &Path) -> Result<Vec<WorkspaceMember>> {
    let manifest = root.join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec()?;
    let members = metadata.packages.into_iter().map(|package| {
        let path = package.manifest_path.strip_prefix(root).context("a member elsewhere")?;
        let text = std::fs::read_to_string(&package.manifest_path)?;
        let dependencies = package.dependencies.into_iter().map(|dependency| Dependency {
            name: dependency.name,
            kind: dependency.kind,
            optional: dependency.optional,
        });
        Ok(WorkspaceMember {
            name: short(package.name.as_str()).to_owned(),
            manifest: TextFile::new(path.as_str(), &text),
            dependencies: dependencies.collect(),
        })
    });
    members.collect()
}

/// Packages in the domain's normal dependency tree without features, itself included.
pub fn domain_tree(root: &Path) -> Result<Vec<String>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["tree", "--package", "madoguchi-domain", "--edges", "normal"])
        .args(["--no-default-features", "--prefix", "none", "--format", "{p}"])
        .current_dir(root)
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout)?;
    let mut packages: Vec<String> =
        text.lines().map(|line| line.trim_end_matches(" (*)").to_owned()).collect();
    packages.sort();
    packages.dedup();
    Ok(packages)
}

/// Dependencies between our crates that point outward, and crates missing in the list.
pub fn inward(member: &WorkspaceMember) -> Vec<Violation> {
    let Some((_, allowed)) = INWARD.iter().find(|(name, _)| *name == member.name) else {
        let why = format!("`{}` has no place yet: add its arrows to INWARD", member.name);
        return vec![Violation::new(&member.manifest.path, 1, why)];
    };
    let ours = member.dependencies.iter().filter(|d| d.name.starts_with("madoguchi-"));
    let outward = ours.filter(|dependency| {
        let for_tests = dependency.kind == DependencyKind::Development;
        let name = short(&dependency.name);
        !(allowed.contains(&name) || for_tests && name == "testkit")
    });
    let why = |name: &str| format!("`{}` may not know `{name}`: arrows point inward", member.name);
    outward.map(|d| member.violation(&d.name, why(short(&d.name)))).collect()
}

/// Libraries used by a crate that may not use them, in tests too.
pub fn confined(member: &WorkspaceMember) -> Vec<Violation> {
    let named = member.dependencies.iter().filter_map(|dependency| {
        let (library, homes) = CONFINED.iter().find(|(name, _)| *name == dependency.name)?;
        let why = format!("`{library}` belongs to {} alone", homes.join(", "));
        (!homes.contains(&member.name.as_str())).then(|| member.violation(library, why))
    });
    named.collect()
}

/// Dependencies of the domain that are not in its list.
pub fn domain_uses(member: &WorkspaceMember) -> Vec<Violation> {
    let normal = member.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal);
    let beyond = normal.filter(|dependency| {
        let listed = DOMAIN_USES.contains(&dependency.name.as_str());
        !listed || dependency.name == "mockall" && !dependency.optional
    });
    let beyond = beyond.filter(|_| member.name == "domain");
    let why = |name: &str| format!("`{name}` is not among what the domain may use");
    beyond.map(|d| member.violation(&d.name, why(&d.name))).collect()
}

/// Forbidden packages in the domain's dependency tree, and too many packages.
pub fn domain_stands_on(packages: &[String]) -> Vec<Violation> {
    let manifest = "crates/domain/Cargo.toml";
    let name = |package: &String| package.split(' ').next().unwrap_or_default().to_owned();
    let never = packages.iter().map(name).filter(|name| DOMAIN_NEVER.contains(&name.as_str()));
    let never = never.map(|name| {
        let why = format!("`{name}` reaches the domain: find it with `cargo tree -i {name}`");
        Violation::new(manifest, 1, why)
    });
    let more = (packages.len() > DOMAIN_TREE).then(|| {
        let why = format!(
            "the domain stands on {} packages, {DOMAIN_TREE} were counted: compare `cargo tree -p \
             madoguchi-domain -e normal` before and after; drop the newcomer or its feature, or \
             raise DOMAIN_TREE in the commit that says why it is worth it",
            packages.len()
        );
        Violation::new(manifest, 1, why)
    });
    never.chain(more).collect()
}

fn short(name: &str) -> &str {
    name.strip_prefix("madoguchi-").unwrap_or(name)
}

#[cfg(test)]
mod tests;
