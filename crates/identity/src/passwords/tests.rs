//! Tests the user file: the port's contract, the bounded queue, and errors that show no content.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use argon2::password_hash::PasswordHasher;
use madoguchi_testkit::contract::password_verifier::PasswordsUnderTest;
use madoguchi_testkit::password_verifier_contract;

use super::*;

/// A hash of the minimum cost, because tests compute many.
fn cheap(password: &str) -> String {
    hash_of(password, 7 * 1024, 5)
}

fn hash_of(password: &str, memory: u32, passes: u32) -> String {
    let params = argon2::Params::new(memory, passes, 1, None).unwrap();
    let hasher = argon2::Argon2::from(params);
    hasher.hash_password_with_salt(password.as_bytes(), &[7; 16]).unwrap().to_string()
}

fn row(name: &str, hash: &str) -> String {
    format!(
        "[[user]]\nuser_name = \"{name}\"\npassword_hash = \"{hash}\"\n\
         issuer = \"gateway\"\nsubject = \"{name}\"\nkind = \"SYSTEM\"\n"
    )
}

/// A temporary user file, deleted when the test drops it.
fn file_of(rows: &[String]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), rows.concat()).unwrap();
    file
}

fn passwords(queue: PasswordQueue) -> StaticPasswords {
    let both = [row("chat", &cheap("dev-password")), row("other", &cheap("other-password"))];
    StaticPasswords::new(UserFile::read(file_of(&both).path()).unwrap(), queue).unwrap()
}

fn digest(passwords: &StaticPasswords, presented: &Credentials) -> Digest {
    let users = passwords.file.current();
    passwords.digest(presented, users.find(presented.user()).1)
}

fn under_test() -> PasswordsUnderTest {
    PasswordsUnderTest {
        verifier: Arc::new(passwords(PasswordQueue { at_once: 2, waiting: 100 })),
        user: "chat".to_owned(),
        password: "dev-password".to_owned(),
        who: actor("gateway", "chat", "SYSTEM").unwrap(),
    }
}

password_verifier_contract!(file_of_hashes: async { under_test() });

#[tokio::test]
async fn correct_credentials_cost_no_second_hash_until_they_were_not_used_for_a_while() {
    let queue = Queue::new(PasswordQueue { at_once: 1, waiting: 0 }, Duration::from_secs(1));
    let digest = [7; 32];
    let hashes = Arc::new(AtomicUsize::new(0));
    let run = || {
        let hashes = Arc::clone(&hashes);
        queue.run(digest, move || hashes.fetch_add(1, Ordering::SeqCst) < 100)
    };
    assert!(run().await.unwrap() && run().await.unwrap() && queue.recalls(&digest).await);
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(queue.recalls(&digest).await, "each use counts from the beginning");
    }
    assert_eq!(hashes.load(Ordering::SeqCst), 1);
    tokio::time::sleep(Duration::from_millis(1200)).await;
    assert!(!queue.recalls(&digest).await);
    assert!(run().await.unwrap());
    assert_eq!(hashes.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_reload_forgets_who_was_removed_or_changed() {
    let chat = row("chat", &cheap("dev-password"));
    let other = row("other", &cheap("other-password"));
    let file = file_of(&[chat.clone(), other.clone()]);
    let queue = PasswordQueue { at_once: 1, waiting: 100 };
    let passwords = StaticPasswords::new(UserFile::read(file.path()).unwrap(), queue).unwrap();
    let reload = |rows: &[String]| {
        std::fs::write(file.path(), rows.concat()).unwrap();
        passwords.reload()
    };
    let knows = async |name: &str, password: &str| {
        let presented = Credentials::new(name, password);
        passwords.verify(&presented).await.unwrap().is_some()
    };
    assert!(knows("chat", "dev-password").await && knows("other", "other-password").await);
    reload(std::slice::from_ref(&other)).unwrap();
    assert!(!knows("chat", "dev-password").await, "removed a moment after it was right");
    reload(&[row("chat", &cheap("new-password")), other.clone()]).unwrap();
    assert!(!knows("chat", "dev-password").await && knows("chat", "new-password").await);
    let unchanged = digest(&passwords, &Credentials::new("other", "other-password"));
    assert!(passwords.queue.recalls(&unchanged).await, "who stays costs no second hash");
    reload(&[chat, "[[user]]\nuser_name = 1".to_owned()]).unwrap_err();
    assert!(knows("chat", "new-password").await && !knows("chat", "dev-password").await);
}

/// Whether a hash is begun for these credentials; also returns the answer.
async fn begins_a_hash(
    passwords: &Arc<StaticPasswords>,
    presented: Credentials,
) -> (bool, Option<ActorRef>) {
    let asked = tokio::spawn({
        let passwords = Arc::clone(passwords);
        async move { passwords.verify(&presented).await }
    });
    let mut begun = false;
    while !asked.is_finished() {
        begun |= passwords.queue.free_places() == 0;
        tokio::task::yield_now().await;
    }
    (begun, asked.await.unwrap().unwrap())
}

#[tokio::test]
async fn an_unknown_user_costs_a_hash_too() {
    let passwords = Arc::new(passwords(PasswordQueue { at_once: 1, waiting: 0 }));
    for nobody in [("", ""), ("nobody", "dev-password"), ("chat", ""), ("chat", "wrong")] {
        let presented = Credentials::new(nobody.0, nobody.1);
        assert_eq!(begins_a_hash(&passwords, presented).await, (true, None), "{nobody:?}");
    }
    let right = || Credentials::new("chat", "dev-password");
    let (begun, who) = begins_a_hash(&passwords, right()).await;
    assert!(begun && who.is_some());
    let (begun, who) = begins_a_hash(&passwords, right()).await;
    assert!(!begun && who.is_some(), "the second time it is recalled");
}

#[tokio::test]
async fn those_who_come_together_with_the_same_credentials_wait_for_one_hash() {
    let passwords = Arc::new(passwords(PasswordQueue { at_once: 1, waiting: 2 }));
    let together = |password: &'static str| -> Vec<_> {
        let ask = |_| {
            let (passwords, them) = (Arc::clone(&passwords), Credentials::new("chat", password));
            tokio::spawn(async move { passwords.verify(&them).await })
        };
        (0..12).map(ask).collect()
    };
    for (password, right) in [("dev-password", true), ("wrong", false)] {
        for one in together(password) {
            assert_eq!(one.await.unwrap().unwrap().is_some(), right, "{password}");
        }
    }
    let most = PasswordQueue { at_once: 1, waiting: 2 }.most();
    assert_eq!(passwords.queue.free_calls(), most, "every place is free again");
}

#[tokio::test]
async fn a_cancelled_verification_keeps_its_slot() {
    let passwords = Arc::new(passwords(PasswordQueue { at_once: 1, waiting: 0 }));
    let asked = tokio::spawn({
        let passwords = Arc::clone(&passwords);
        async move { passwords.verify(&Credentials::new("chat", "guess")).await }
    });
    while passwords.queue.free_places() > 0 {
        tokio::task::yield_now().await;
    }
    asked.abort();
    asked.await.unwrap_err();
    let right = Credentials::new("chat", "dev-password");
    assert_eq!(passwords.verify(&right).await, Err(VerifierUnavailable));
}

#[tokio::test]
async fn beyond_the_queue_everybody_is_turned_away_but_who_is_proven() {
    let passwords = Arc::new(passwords(PasswordQueue { at_once: 1, waiting: 2 }));
    let right = Credentials::new("chat", "dev-password");
    passwords.verify(&right).await.unwrap().unwrap();
    let flood: Vec<_> = (0..40)
        .map(|number| {
            let passwords = Arc::clone(&passwords);
            let wrong = Credentials::new("chat", format!("guess-{number}"));
            tokio::spawn(async move { passwords.verify(&wrong).await })
        })
        .collect();
    let mut turned_away = 0;
    for guess in flood {
        match guess.await.unwrap() {
            Ok(nobody) => assert_eq!(nobody, None),
            Err(VerifierUnavailable) => turned_away += 1,
        }
        assert!(passwords.verify(&right).await.unwrap().is_some(), "the proven go by");
    }
    assert!(turned_away >= 30, "{turned_away} of 40");
}

#[test]
fn a_file_with_a_mistake_is_refused_and_not_shown() {
    let good = cheap("dev-password");
    let dearer = hash_of("dev-password", 8 * 1024, 5);
    let bad = [
        String::new(),
        row("chat", "canary-in-clear"),
        row("chat", &good.replace("argon2id", "argon2i")),
        row("chat", &good.replace("v=19", "v=16")),
        row("chat", &good.replace("v=19$", "")),
        row("chat", &good.replace("BwcHBwcHBwcHBwcHBwcHBw", "BwcHBw")),
        row("chat", &hash_of("dev-password", 1024, 2)),
        row("a", &good) + &row("b", &dearer),
        row("a", &good) + &row("a", &good),
        row("", &good),
        row("with space", &good),
        row("chat", &good).replace("SYSTEM", "canary"),
        row("chat", &good).replace("issuer = \"gateway\"\n", ""),
        row("chat", &good) + "password = \"canary\"\n",
    ];
    for text in bad {
        let reported = Users::parse(&text).err().unwrap();
        assert!(!reported.to_string().contains("canary"), "{reported}");
        assert!(!reported.to_string().contains("$argon2"), "{reported}");
    }
}

#[test]
fn a_hash_is_made_with_a_salt_of_its_own_and_only_of_what_a_header_can_carry() {
    let (one, other) = (hash_password("dev-password").unwrap(), hash_password("dev-password"));
    assert_ne!(Ok(&one), other.as_ref());
    assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
    assert!(SlowHash::parse(&one).unwrap().is_of(b"dev-password"));
    assert_eq!(hash_password("short"), Err(UnhashablePassword::TooShort));
    assert_eq!(hash_password("pass word"), Err(UnhashablePassword::NotVisible));
    assert_eq!(hash_password("contraseña"), Err(UnhashablePassword::NotVisible));
}

#[tokio::test]
async fn a_hash_that_was_not_computed_says_nothing_and_holds_nothing_up() {
    let passwords = passwords(PasswordQueue { at_once: 1, waiting: 1 });
    let digest = digest(&passwords, &Credentials::new("chat", "dev-password"));
    let broken = passwords.queue.run(digest, || panic!("no memory")).await;
    assert_eq!(broken, Err(VerifierUnavailable), "neither right nor wrong");
    assert_eq!(passwords.queue.run(digest, || true).await, Ok(true));
}

#[tokio::test]
async fn a_queue_of_any_size_computes_one_hash_at_least() {
    for at_once in [0, usize::MAX] {
        let passwords = passwords(PasswordQueue { at_once, waiting: at_once });
        let right = Credentials::new("chat", "dev-password");
        assert!(passwords.verify(&right).await.unwrap().is_some(), "{at_once}");
    }
}
