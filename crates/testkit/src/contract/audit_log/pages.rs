//! Checks that the audit log is read page by page without gaps.

use madoguchi_application::UpgradeStores;
use madoguchi_domain::audit::Place;

use crate::contract::audit_rows;
use crate::driver::upgrade::UpgradeDriver;

/// Pages of any length return the same rows in the same order.
pub async fn pages_are_limited_and_continue_where_the_last_one_ended(stores: UpgradeStores) {
    let driver = UpgradeDriver::at(&stores);
    for number in 1..=6 {
        driver.passed(number..=number).await;
    }
    let mut total = 0;
    for head in stores.platform.audit.heads().await.expect("the heads are read") {
        let whole = audit_rows::stream(&stores, head.place.stream).await;
        total += whole.len();
        let numbers: Vec<i64> = whole.iter().map(|row| row.place.seq).collect();
        assert_eq!(numbers, (1..=head.place.seq).collect::<Vec<_>>(), "without a gap");
        for limit in [1, 5, 1000] {
            let mut place = Place { seq: 0, ..head.place };
            let mut read = Vec::new();
            while place != head.place {
                let page = stores.platform.audit.after(place, limit).await.expect("a page is read");
                assert!((1..=limit as usize).contains(&page.len()), "{limit} at most, not none");
                let last = page[page.len() - 1].place;
                assert!(last > place, "a page goes on");
                place = last;
                read.extend(page);
            }
            assert_eq!(read, whole);
        }
        assert_eq!(
            stores.platform.audit.after(head.place, 10).await,
            Ok(vec![]),
            "nothing after the end"
        );
    }
    assert_eq!(total, 6 * 4);
}
