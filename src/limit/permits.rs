//! Permits: how many may work at once.

/// A counter of places. A place must be given back exactly once.
#[derive(Clone, Debug)]
pub struct Permits {
    places: usize,
    taken: usize,
}

impl Permits {
    /// `places` of 0 counts as 1: nobody could ever pass otherwise.
    pub fn new(places: usize) -> Self {
        Self { places: places.max(1), taken: 0 }
    }

    /// Takes a place if one is free.
    #[must_use]
    pub fn take(&mut self) -> bool {
        let free = self.taken < self.places;
        self.taken += usize::from(free);
        free
    }

    pub fn give_back(&mut self) {
        self.taken = self.taken.saturating_sub(1);
    }

    /// Changes the number of places; those already taken stay taken.
    pub fn resize(&mut self, places: usize) {
        self.places = places.max(1);
    }

    pub fn taken(&self) -> usize {
        self.taken
    }

    pub fn free(&self) -> usize {
        self.places.saturating_sub(self.taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_places_are_taken() {
        let mut permits = Permits::new(2);
        assert!(permits.take() && permits.take() && !permits.take());
        permits.give_back();
        assert!(permits.take() && !permits.take());
        permits.resize(1);
        permits.give_back();
        assert!(!permits.take(), "one is still taken and only one place is left");
        permits.give_back();
        permits.give_back();
        assert_eq!((permits.taken(), permits.free()), (0, 1));
        assert!(Permits::new(0).take());
    }
}
