//! `up` and `world`: start the servers, register sample customers and print the first commands.

use std::path::Path;

use anyhow::Context;
use madoguchi_client::{Client, RegisterMember, RegisterPerson};

use crate::commands::{
    announcement_steps, bounced_mail, contact_steps, first_steps, lose_an_answer, questions,
    right_address, stuck_order, uncertain_mail,
};
use crate::end::End;
use crate::local_url::local_url;
use crate::screen::Screen;
use crate::stack::{Stack, StackOptions};
use crate::tokens;
use crate::world::{Addresses, EsbOptions, World};

/// The source's example arrangement id, and invented ones in the same form.
const ARRANGEMENTS: [&str; 10] = [
    "AA19337Z8L29",
    "AA20015B7K31",
    "AA20366M2Q08",
    "AA21001R5T44",
    "AA21187W9C62",
    "AA22059D3H17",
    "AA22244J6N85",
    "AA23120P1S90",
    "AA23365V4X53",
    "AA24099Y8F26",
];

/// Starts the API and the world, and runs them until Ctrl-C or SIGTERM.
///
/// # Errors
/// When something cannot be started, with what to do.
pub async fn up(options: StackOptions) -> anyhow::Result<()> {
    let mut end = End::listen()?;
    let (stack, member) = tokio::select! {
        started = start(&options) => started?,
        () = end.wait() => return Ok(()),
    };
    welcome(Screen::open(), &stack, member.as_deref());
    end.wait().await;
    stack.stop().await
}

/// Starts the world alone, and runs it until Ctrl-C or SIGTERM.
///
/// # Errors
/// When it cannot be started, with what to do.
pub async fn world_alone(addresses: Addresses, data: &Path, esb: EsbOptions) -> anyhow::Result<()> {
    let mut end = End::listen()?;
    let world = World::start(addresses, data, esb).await?;
    let (screen, url) = (Screen::open(), local_url(world.addr()));
    screen.title("The simulated world is running");
    screen.line(format_args!("  esb.url             {url}/esb"));
    screen.line(format_args!("  esb.guarantee       {}", esb.mode.as_str()));
    screen.line(format_args!("  esb.inquiry         {}", esb.inquiry));
    screen.line("  esb.final_codes     E-REFUSED");
    screen.line(format_args!("  itau.url            {url}"));
    screen.line("  itau.user_name      any, as sandbox");
    screen.line("  itau.password_file  a file with any password: (umask 077; echo any > itau-pw)");
    screen.line(format_args!("  mail.smtp_host      {}", world.smtp_addr().ip()));
    screen.line(format_args!("  mail.smtp_port      {}", world.smtp_addr().port()));
    screen.line("  mail.smtp_tls       none");
    screen.line(format_args!("  journal             {url}/world/journal?channel=esb"));
    screen.line("\n  Set the level but lose the next answer:");
    screen.line(lose_an_answer(&url));
    end.wait().await;
    world.stop().await;
    Ok(())
}

/// The running stack, and the member for the first steps.
async fn start(options: &StackOptions) -> anyhow::Result<(Stack, Option<String>)> {
    let stack = Stack::start(options).await?;
    let member = register_members(&stack.api.with_token(tokens::OPERATOR)).await?;
    register_persons(&stack.api.with_token(tokens::CRM)).await?;
    Ok((stack, member))
}

/// Registers `MEM0001` to `MEM0010`, unless they are there. Returns the first one that can still be
/// upgraded.
async fn register_members(operator: &Client) -> anyhow::Result<Option<String>> {
    let mut upgradable = None;
    for (number, arrangement) in (1..).zip(ARRANGEMENTS) {
        let member = RegisterMember::new(format!("MEM{number:04}"), arrangement);
        let registered = async { operator.register(&member).await?.data() };
        let stored = registered
            .await
            .context("give another --data or --database-url if other members are stored there")?;
        // There is one target level: a member has it, or a passed verdict is on its way.
        if stored.level.is_empty() && stored.target_level.is_none() {
            upgradable = upgradable.or(Some(stored.member_id));
        }
    }
    Ok(upgradable)
}

/// Registers `PER0001` to `PER0010`, unless they are there: their details may have been changed.
async fn register_persons(crm: &Client) -> anyhow::Result<()> {
    for number in 1..=10 {
        let id = format!("PER{number:04}");
        if crm.person(&id, false).await?.status == 200 {
            continue;
        }
        let person = RegisterPerson {
            email: Some(format!("per{number:04}@example.com")),
            phone: Some(format!("090-1000-{number:04}")),
            locale: Some("ja".to_owned()),
            ..RegisterPerson::new(&id, format!("ACC{number:04}"))
        };
        crm.register_person(&person).await?.data().with_context(|| format!("register {id}"))?;
    }
    Ok(())
}

fn welcome(screen: Screen, stack: &Stack, member: Option<&str>) {
    let (api, world) = (stack.api.base(), stack.world.url());
    screen.title("The sandbox is running");
    screen.line(format_args!("  API      {api}"));
    screen.line(format_args!("  page     {api}/docs/"));
    screen.line(format_args!("  document {api}/openapi.json"));
    screen.line(format_args!("  ready    {api}/health/ready"));
    screen.line(format_args!("  metrics  {}", stack.metrics));
    screen.line(format_args!("  world    {world}/world/journal?channel=esb"));
    screen.line(format_args!("  smtp     {}", stack.smtp));
    screen.line(format_args!("  mails    {world}/world/journal?channel=smtp"));
    screen.line(format_args!("  data     {}", stack.data.path().display()));
    screen.line("  members  MEM0001 … MEM0010");
    screen.line("  persons  PER0001 … PER0010, accounts ACC0001 … ACC0010");
    screen.line("  callers  CTX0001 … CTX0010, by contextId");
    screen.title("Tokens, for the header Acstkn");
    for token in &tokens::ALL {
        let whose = token.person().map(|it| format!(", for {it}")).unwrap_or_default();
        screen.line(format_args!("  {:<14} {}{whose}", token.name, token.scopes.join(", ")));
    }
    screen.line(format_args!(
        "  Gateway: userName {}, password {}",
        tokens::GATEWAY_USER,
        tokens::GATEWAY_PASSWORD
    ));
    screen.title("Try these: open a case, report its verification, give the verdict");
    match member {
        Some(member) => first_steps(api, member).into_iter().for_each(|line| screen.line(line)),
        None => screen.line("  every member is upgraded: stop, and remove the data directory"),
    }
    screen.title("Look up a caller, by the API and by the gateway");
    for line in questions(api) {
        screen.line(line);
    }
    screen.title("Put a wrong address right: it answers with the account");
    screen.line(right_address(api));
    screen.title("Write to a customer, approve it as another person, see what the customer sees");
    for line in contact_steps(api) {
        screen.line(line);
    }
    screen.title("Lose the next answer of the bank, and see the retry");
    screen.line(lose_an_answer(world));
    screen.title("Lose the answer to the next mail; write and approve again; list uncertain mails");
    for line in uncertain_mail(api, world) {
        screen.line(line);
    }
    screen.title("Write to everyone: submit, approve as another person, release after two mails");
    for line in announcement_steps(api) {
        screen.line(line);
    }
    screen.title("Then let the mail to PER0002 come back, and list whom mails do not reach");
    for line in bounced_mail(api, world) {
        screen.line(line);
    }
    screen.title("Lose every answer of the bank: an order is stuck after 15 s (docs/stuck.md)");
    for line in stuck_order(api, world) {
        screen.line(line);
    }
    screen.line("\nCtrl-C stops it.");
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_ten_arrangements_are_distinct_and_of_the_usual_form() {
        assert_eq!(ARRANGEMENTS.iter().collect::<HashSet<_>>().len(), 10);
        for id in ARRANGEMENTS {
            assert!(id.len() == 12 && id.starts_with("AA"), "{id}");
            assert!((1..=366).contains(&id[4..7].parse::<u16>().unwrap()), "{id}");
            let fits = |b: u8| b.is_ascii_digit() || b.is_ascii_uppercase();
            assert!(id.bytes().all(fits), "{id}");
        }
    }
}
