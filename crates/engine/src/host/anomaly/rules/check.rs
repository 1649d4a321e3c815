//! A file of rules → rules in the spelling that starts are compared in, or what is wrong with the file. A rule that can
//! never hold is a mistake of whoever wrote it, and is said: who relies on it would wait in vain.

use super::RuleSet;

impl RuleSet {
    /// Reads rules from TOML. Names, users, folders and words are compared in lower case, users without their domain.
    ///
    /// # Errors
    /// In words: where the file is no rules, or which rule can never hold.
    pub fn parse(text: &str) -> Result<RuleSet, String> {
        let mut rules: RuleSet = toml::from_str(text).map_err(|error| error.to_string())?;
        rules.lower();
        match rules.fault() {
            Some(fault) => Err(fault),
            None => Ok(rules),
        }
    }

    fn lower(&mut self) {
        let lower = |text: &mut String| *text = text.to_lowercase();
        for rule in &mut self.process {
            [&mut rule.names, &mut rule.parents, &mut rule.users, &mut rule.folders]
                .into_iter()
                .for_each(|list| list.iter_mut().for_each(lower));
            for user in &mut rule.users {
                *user = user.rsplit('\\').next().unwrap_or_default().to_owned();
            }
        }
        let of_origin = self.origin.iter_mut().flat_map(|r| [&mut r.parents, &mut r.children]);
        let of_command = self.command.iter_mut().flat_map(|r| [&mut r.names, &mut r.contains]);
        let of_routine = (self.routine.iter_mut())
            .flat_map(|r| [&mut r.parents, &mut r.children, &mut r.folders]);
        let lists = (self.tool.iter_mut().map(|r| &mut r.names))
            .chain(self.path.iter_mut().map(|r| &mut r.contains))
            .chain([&mut self.privileged, &mut self.raisers]);
        lists
            .chain(of_origin)
            .chain(of_command)
            .chain(of_routine)
            .for_each(|list| list.iter_mut().for_each(lower));
    }

    /// What is wrong with the rules, if anything: a weight outside 0–1, a rule that can never hold, or that always does.
    pub fn fault(&self) -> Option<String> {
        let weights = (self.process.iter().map(|r| r.weight))
            .chain(self.origin.iter().map(|r| r.weight))
            .chain(self.tool.iter().map(|r| r.weight))
            .chain(self.path.iter().map(|r| r.weight))
            .chain(self.command.iter().map(|r| r.weight));
        if let Some(weight) = weights.into_iter().find(|w| !(0.0..=1.0).contains(w)) {
            return Some(format!("a weight of {weight}: write a number from 0 to 1"));
        }
        self.of_processes()
            .or_else(|| self.of_starts())
            .or_else(|| self.of_words())
            .or_else(|| self.of_names())
    }

    fn of_processes(&self) -> Option<String> {
        if self.process.iter().any(|r| r.names.is_empty()) {
            return Some("a [[process]] rule without names: it can never hold".to_owned());
        }
        let allows = self
            .process
            .iter()
            .find(|r| r.parents.is_empty() && r.users.is_empty() && r.folders.is_empty())?;
        Some(format!(
            "the [[process]] rule of `{}` has no parents, users or folders: it allows everything and can never be broken",
            allows.names.join("`, `")
        ))
    }

    fn of_starts(&self) -> Option<String> {
        if self.origin.iter().any(|r| r.parents.is_empty()) {
            return Some("an [[origin]] rule without parents: it can never hold".to_owned());
        }
        if self.tool.iter().any(|r| r.names.is_empty()) {
            return Some("a [[tool]] rule without names: it can never hold".to_owned());
        }
        let half = self.routine.iter().any(|r| r.parents.is_empty() || r.children.is_empty());
        half.then(|| "a [[routine]] rule without parents or children: it can never hold".to_owned())
    }

    fn of_words(&self) -> Option<String> {
        let words = (self.path.iter().map(|r| ("[[path]]", &r.contains)))
            .chain(self.command.iter().map(|r| ("[[command]]", &r.contains)));
        for (kind, contains) in words {
            if contains.is_empty() {
                return Some(format!("a {kind} rule without `contains`: it can never hold"));
            }
            if contains.iter().any(String::is_empty) {
                return Some(format!(
                    "a {kind} rule that contains \"\": every start would break it"
                ));
            }
        }
        None
    }

    /// Processes are compared by the names of their files.
    fn of_names(&self) -> Option<String> {
        let of_process = self.process.iter().flat_map(|r| r.names.iter().chain(&r.parents));
        let of_origin = self.origin.iter().flat_map(|r| r.parents.iter().chain(&r.children));
        let of_routine = self.routine.iter().flat_map(|r| r.parents.iter().chain(&r.children));
        let others = self.tool.iter().flat_map(|r| &r.names);
        let others = others.chain(self.command.iter().flat_map(|r| &r.names)).chain(&self.raisers);
        let mut names = of_process.chain(of_origin).chain(of_routine).chain(others);
        let path = names.find(|name| name.contains(['/', '\\']))?;
        Some(format!(
            "`{path}` is a path where a name stands: programs are compared by the name of their file; folders belong into `folders` or a [[path]] rule"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{LINUX, WINDOWS};
    use super::*;
    use crate::host::anomaly::process::ProcessStart;

    #[test]
    fn our_own_rules_have_no_fault() {
        for text in [LINUX, WINDOWS] {
            let rules = RuleSet::parse(text).unwrap();
            assert_eq!(
                rules,
                toml::from_str(text).unwrap(),
                "they are in lower case as they stand"
            );
        }
    }

    #[test]
    fn names_are_compared_whatever_their_case() {
        let rules = RuleSet::parse(
            r#"
            name = "mine"
            [[process]]
            names = ["Bash"]
            parents = ["SSHD"]
            users = ['CORP\Alice', "1000"]
            weight = 0.5
            [[command]]
            contains = ["/Dev/TCP/"]
            weight = 0.8
            reason = "over the network"
            "#,
        )
        .unwrap();
        let broken = |rest: &str| {
            let line = format!(r#"{{"process_name":"bash",{rest}}}"#);
            rules.judge(&ProcessStart::from_json(&line).unwrap()).len()
        };
        assert_eq!(broken(r#""parent_name":"sshd","user":"alice""#), 0);
        assert_eq!(broken(r#""parent_name":"cron""#), 1);
        assert_eq!(broken(r#""user":"bob""#), 1);
        assert_eq!(broken(r#""uid":1000"#), 0);
        assert_eq!(broken(r#""user":"alice-too","uid":1000"#), 0);
        assert_eq!(broken(r#""uid":33"#), 1);
        assert_eq!(broken(r#""command_line":"exec /dev/tcp/1""#), 1);
    }

    #[test]
    fn a_rule_that_can_never_hold_is_refused_in_words() {
        for (rule, said) in [
            ("[[process]]\nnames = []\nparents = [\"a\"]\nweight = 0.5", "without names"),
            ("[[process]]\nnames = [\"bash\"]\nweight = 0.5", "no parents, users or folders"),
            ("[[process]]\nnames = [\"/bin/bash\"]\nusers = [\"a\"]\nweight = 0.5", "is a path"),
            ("[[process]]\nnames = [\"bash\"]\nusers = [\"a\"]\nweight = 5", "from 0 to 1"),
            ("[[origin]]\nparents = []\nweight = 0.5\nreason = \"x\"", "without parents"),
            ("[[tool]]\nnames = []\nweight = 0.5\nreason = \"x\"", "without names"),
            ("[[path]]\ncontains = []\nweight = 0.5\nreason = \"x\"", "without `contains`"),
            ("[[command]]\ncontains = [\"\"]\nweight = 0.5\nreason = \"x\"", "every start"),
            ("[[routine]]\nparents = [\"a\"]\nchildren = []", "without parents or children"),
        ] {
            let fault = RuleSet::parse(&format!("name = \"mine\"\n{rule}")).unwrap_err();
            assert!(fault.contains(said), "{rule}: {fault}");
        }
    }
}
