//! Experiments in which nothing differs: pictures of one colour, divided at random into two conditions.
