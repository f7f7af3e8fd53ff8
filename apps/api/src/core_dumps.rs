//! Keeps the memory of a process that has keys out of core dumps and debuggers.

use anyhow::Context;
use rustix::process::{Resource, Rlimit, setrlimit};

/// Forbids core dumps of this process and, on Linux, that another process of its user reads its
/// memory.
pub(crate) fn forbid() -> anyhow::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let forbidden = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        forbidden.context("the process cannot be made undumpable")?;
    }
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).context("core dumps cannot be forbidden")
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use std::process::Command;

    use rustix::process::{DumpableBehavior, dumpable_behavior};

    use super::*;

    const IN_CHILD: &str = "CORE_DUMPS_OF_THIS_PROCESS";

    #[test]
    fn a_process_with_keys_leaves_no_core_dump() {
        if std::env::var_os(IN_CHILD).is_some() {
            return forbid_and_look();
        }
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["core_dumps::tests::a_process_with_keys_leaves_no_core_dump", "--exact"])
            .env(IN_CHILD, "1")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&child.stdout);
        assert!(child.status.success() && said.contains("1 passed"), "{said}");
    }

    fn forbid_and_look() {
        let limit = || {
            let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
            let line = limits.lines().find(|line| line.starts_with("Max core file size"));
            line.unwrap().split_whitespace().skip(4).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::Dumpable);
        forbid().unwrap();
        assert_eq!(dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable);
        assert_eq!(limit(), ["0", "0", "bytes"]);
    }
}
