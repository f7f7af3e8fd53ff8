//! The rules of the source tree, one test each; a failure lists every place with the reason.

use std::collections::HashSet;
use std::sync::LazyLock;

use madoguchi_tidy::house::House;
use madoguchi_tidy::violation::assert_none;
use madoguchi_tidy::{arrows, boundary, circles, pages, ports, rooms, size, unused, voice, words};

static HOUSE: LazyLock<House> = LazyLock::new(|| House::open().expect("the tree can be read"));

fn members() -> Vec<arrows::WorkspaceMember> {
    let members = arrows::members(HOUSE.root()).expect("cargo reads our manifests");
    assert!(members.iter().any(|member| member.name == "domain"), "the domain was not met");
    members
}

#[test]
fn every_rust_file_can_be_read_by_the_other_rules() {
    assert_none(HOUSE.unreadable());
}

#[test]
fn every_arrow_between_our_crates_points_inward() {
    assert_none(members().iter().flat_map(arrows::inward));
}

#[test]
fn a_library_that_talks_to_the_world_is_named_by_its_adapter_only() {
    assert_none(members().iter().flat_map(arrows::confined));
}

#[test]
fn every_dependency_of_a_crate_is_used() {
    let sources: Vec<_> = HOUSE.sources().collect();
    assert_none(members().iter().flat_map(|member| unused::dependencies(member, &sources)));
}

#[test]
fn the_domain_uses_values_derives_and_digests_and_nothing_else() {
    assert_none(members().iter().flat_map(arrows::domain_uses));
}

#[test]
fn the_domain_stands_on_no_runtime_and_on_no_more_packages_than_counted() {
    let packages = arrows::domain_tree(HOUSE.root()).unwrap();
    assert!(packages.iter().any(|package| package.starts_with("sha2 ")), "{packages:?}");
    assert_none(arrows::domain_stands_on(&packages));
}

#[test]
fn no_files_of_a_crate_import_each_other_in_a_circle() {
    let sources: Vec<_> = HOUSE.sources().collect();
    let src = |it: arrows::WorkspaceMember| it.manifest.path.replace("Cargo.toml", "src/");
    let roots = members().into_iter().flat_map(|it| circles::roots(&src(it), &sources));
    assert_none(roots.flat_map(|root| circles::circles(&root, &sources)));
}

#[test]
fn a_room_of_the_platform_names_no_system() {
    let sources: Vec<_> = HOUSE.sources().collect();
    assert!(rooms::unmatched(&sources).is_empty(), "{:?}", rooms::unmatched(&sources));
    let rooms: Vec<_> = sources.into_iter().filter(rooms::is_platform).collect();
    assert_none(rooms.iter().flat_map(rooms::systems));
}

#[test]
fn only_the_transition_table_names_the_state_of_an_effect() {
    assert_none(HOUSE.sources().flat_map(|source| rooms::states(&source)));
}

#[test]
fn only_the_wiring_of_the_server_names_adapters() {
    assert_none(HOUSE.sources().flat_map(|source| boundary::adapters(&source)));
}

#[test]
fn sql_is_written_in_persistence_only() {
    assert_none(HOUSE.sources().flat_map(|source| boundary::sql(&source)));
}

#[test]
fn no_file_is_longer_than_300_lines() {
    assert_none(HOUSE.sources().filter_map(|source| size::files(&source)));
}

#[test]
fn no_line_is_longer_than_100_characters() {
    assert_none(HOUSE.sources().flat_map(|source| size::lines(&source)));
}

#[test]
fn every_file_opens_with_the_sentence_that_says_why_it_exists() {
    assert_none(HOUSE.sources().filter_map(|source| voice::first_sentence(&source)));
}

#[test]
fn every_file_and_module_has_a_name_that_names_something() {
    assert_none(HOUSE.sources().flat_map(|source| voice::names(&source)));
}

#[test]
fn every_decision_fits_on_its_page() {
    assert_none(HOUSE.files().iter().filter_map(pages::decisions));
}

#[test]
fn every_link_of_the_readme_and_the_book_leads_somewhere() {
    let exists = |path: &str| HOUSE.root().join(path).exists();
    assert_none(HOUSE.files().iter().flat_map(|page| pages::links(page, exists)));
}

#[test]
fn every_test_that_the_book_names_is_there() {
    let functions: HashSet<&str> = HOUSE.files().iter().flat_map(pages::functions).collect();
    // A long name may also be a configuration key in the settings.
    let settings = HOUSE.sources().filter(|it| it.path().starts_with("apps/api/src/settings"));
    let keys: HashSet<String> =
        settings.flat_map(|it| it.strings().map(|(_, text)| text).collect::<Vec<_>>()).collect();
    let exists = |name: &str| functions.contains(name) || keys.contains(name);
    assert_none(HOUSE.files().iter().flat_map(|page| pages::tests(page, exists)));
}

#[test]
fn the_guide_shows_every_port_as_in_the_source() {
    let ports: Result<Vec<_>, _> = HOUSE.files().iter().map(ports::in_source).collect();
    let ports = ports.expect("the ports can be parsed").concat();
    assert!(ports.iter().any(|port| port.name == "UpgradeStore"), "{ports:?}");
    let page = HOUSE.files().iter().find(|file| file.path == ports::PAGE).expect("the page");
    assert_none(ports::in_guide(page, &ports));
}

#[test]
fn no_file_holds_a_path_of_one_machine() {
    assert_none(HOUSE.files().iter().flat_map(pages::machine_paths));
}

#[test]
fn no_former_name_has_returned() {
    assert_none(HOUSE.files().iter().flat_map(words::former));
}

#[test]
fn a_public_type_name_has_one_meaning() {
    let sources: Vec<_> = HOUSE.sources().collect();
    assert_none(words::types_with_one_name(&sources));
}
