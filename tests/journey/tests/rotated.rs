//! Key-encryption keys rotate while clients write: no person is lost.

use anyhow::ensure;
use madoguchi_journey::rotation_test::RotationTest;
use madoguchi_journey::walk;
use madoguchi_testkit::samples::chance::Chance;

#[test]
fn three_killed_rotations_under_load_lose_no_person() {
    walk(async {
        let seed = Chance::any_seed();
        println!("seed {seed}");
        let test = RotationTest { rotations: 3, kills: 2, clients: 8, seed };
        let report = test.run(|_| ()).await?;
        println!("{report}");
        ensure!(report.holds() && report.rotations == 3, "seed {seed}: {report}");
        Ok(())
    });
}
