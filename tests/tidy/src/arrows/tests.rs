//! Tests the dependency rules with a planted violation of each kind.

use super::*;

fn member(name: &str, kind: DependencyKind, dependency: &str) -> WorkspaceMember {
    let text = format!("[package]\n\n[dependencies]\n{dependency}.workspace = true\n");
    let dependency = Dependency { name: dependency.to_owned(), kind, optional: false };
    WorkspaceMember {
        name: name.to_owned(),
        manifest: TextFile::new(&format!("crates/{name}/Cargo.toml"), &text),
        dependencies: vec![dependency],
    }
}

fn lines(violations: &[Violation]) -> Vec<usize> {
    violations.iter().map(|violation| violation.line).collect()
}

#[test]
fn an_outward_arrow_is_found_at_its_line() {
    use DependencyKind::{Development, Normal};
    assert_eq!(lines(&inward(&member("domain", Normal, "madoguchi-application"))), [4]);
    assert_eq!(lines(&inward(&member("esb", Normal, "madoguchi-persistence"))), [4]);
    assert_eq!(lines(&inward(&member("api", Normal, "madoguchi-testkit"))), [4]);
    assert_eq!(lines(&inward(&member("esb", Development, "madoguchi-api"))), [4]);
    assert_eq!(inward(&member("esb", Development, "madoguchi-testkit")), []);
    assert_eq!(inward(&member("application", Normal, "madoguchi-domain")), []);
}

#[test]
fn a_crate_without_a_place_is_found() {
    let stray = member("newcomer", DependencyKind::Normal, "serde");
    assert_eq!(lines(&inward(&stray)), [1]);
}

#[test]
fn a_library_outside_its_home_is_found_in_tests_too() {
    use DependencyKind::{Development, Normal};
    assert_eq!(lines(&confined(&member("application", Normal, "diesel"))), [4]);
    assert_eq!(lines(&confined(&member("api", Normal, "reqwest"))), [4]);
    assert_eq!(lines(&confined(&member("testkit", Development, "tokio-postgres"))), [4]);
    assert_eq!(confined(&member("persistence", Normal, "diesel")), []);
    assert_eq!(lines(&confined(&member("esb", Normal, "reqwest"))), [4]);
    assert_eq!(confined(&member("upstream", Normal, "reqwest")), []);
}

#[test]
fn what_the_domain_may_not_use_is_found() {
    use DependencyKind::{Development, Normal};
    assert_eq!(lines(&domain_uses(&member("domain", Normal, "tokio"))), [4]);
    assert_eq!(lines(&domain_uses(&member("domain", Normal, "mockall"))), [4], "only optional");
    assert_eq!(domain_uses(&member("domain", Normal, "serde")), []);
    assert_eq!(domain_uses(&member("domain", Development, "proptest")), []);
    assert_eq!(domain_uses(&member("application", Normal, "tokio")), []);
}

#[test]
fn what_reaches_the_domain_is_found_by_name_and_by_number() {
    let packages = ["madoguchi-domain v0.1.0", "tokio v1.54.1", "tokio-macros v2.7.2"];
    let packages: Vec<_> = packages.map(str::to_owned).into();
    assert_eq!(domain_stands_on(&packages).len(), 1);
    let many: Vec<_> = (0..=DOMAIN_TREE).map(|n| format!("crate-{n} v1.0.0")).collect();
    assert_eq!(domain_stands_on(&many).len(), 1);
    assert_eq!(domain_stands_on(&many[1..]), []);
}
