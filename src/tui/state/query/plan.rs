//! A plan as a list of lines, of which one has the cursor.

use crate::engine::explain::{Node, Plan};

/// A plan that is looked at.
#[derive(Debug, Clone)]
pub struct PlanView {
    pub plan: Plan,
    /// The line with the cursor, and the first one in sight.
    pub cursor: usize,
    pub top: usize,
}

/// An operator as a line.
#[derive(Debug, Clone)]
pub struct PlanLine<'p> {
    pub node: &'p Node,
    /// Of each operator above it, and of itself: whether it is the last of its
    /// siblings.
    pub last: Vec<bool>,
}

impl PlanView {
    /// A plan, the cursor on the operator that cost most.
    pub fn new(plan: Plan) -> Self {
        let mut view = Self {
            plan,
            cursor: 0,
            top: 0,
        };
        let costliest = view.lines().iter().position(|line| line.node.is_costliest);
        view.cursor = costliest.unwrap_or(0);
        view
    }

    /// The operators in order, each above those whose rows it takes.
    pub fn lines(&self) -> Vec<PlanLine<'_>> {
        let mut lines = Vec::new();
        for root in &self.plan.roots {
            add(root, Vec::new(), &mut lines);
        }
        lines
    }

    /// Moves the cursor by lines, and not past the ends.
    pub fn go(&mut self, by: isize) {
        let last = self.lines().len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }
}

fn add<'p>(node: &'p Node, last: Vec<bool>, lines: &mut Vec<PlanLine<'p>>) {
    lines.push(PlanLine {
        node,
        last: last.clone(),
    });
    for (at, below) in node.below.iter().enumerate() {
        let mut last = last.clone();
        last.push(at + 1 == node.below.len());
        add(below, last, lines);
    }
}
