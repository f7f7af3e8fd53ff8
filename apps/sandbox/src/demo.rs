//! `demo`: runs every journey of the product and prints what each step proves.

mod announcement;
mod call;
mod contact;
mod context;
mod customer;
mod journey;
mod mail;
mod person;
mod picture;
mod retention;
mod stuck;
mod upgrade;
mod walk;

use anyhow::bail;

use crate::end::End;
use crate::screen::Screen;
use crate::stack::{Stack, StackOptions};

use context::DemoContext;
use journey::Journey;
use walk::Walk;

/// Runs every journey; true if each was as expected.
///
/// # Errors
/// When the demo cannot be set up, with what to do; or on Ctrl-C or SIGTERM.
pub async fn demo(options: StackOptions) -> anyhow::Result<bool> {
    let mut end = End::listen()?;
    tokio::select! {
        good = walk_all(&options) => good,
        () = end.wait() => bail!("ended before the last journey"),
    }
}

async fn walk_all(options: &StackOptions) -> anyhow::Result<bool> {
    let screen = Screen::open();
    screen.waiting("starting the API and the world");
    let stack = Stack::start(options).await;
    screen.waited();
    let demo = DemoContext { stack: stack?, screen, esb: options.esb };
    demo.screen.line(format_args!("API    {}", demo.stack.api.base()));
    demo.screen.line(format_args!(
        "world  {} ({})",
        demo.stack.world.url(),
        demo.esb.mode.as_str()
    ));
    let mut good = 0;
    for (number, journey) in (1..).zip(Journey::ALL) {
        demo.screen.title(&format!("{number}. {}", journey.title()));
        let mut walk = Walk::new(demo.screen);
        if let Err(error) = journey.walk(&demo, &mut walk).await {
            walk.check(false, &format!("{error:#}"));
        }
        good += usize::from(walk.is_as_expected());
    }
    let all = Journey::ALL.len();
    demo.screen.title(&format!("{all} journeys, {good} as expected"));
    demo.stack.stop().await?;
    Ok(good == all)
}
