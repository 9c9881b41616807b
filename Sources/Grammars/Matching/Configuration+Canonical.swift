extension Configuration {
    /// The same configuration with a place far inside a counted repetition replaced by its first such
    /// place: no text of at most `horizon` bytes tells them apart.
    ///
    /// A string of at most 5,000 characters has 5,000 places; nearly all of them share their masks.
    func canonical(in automaton: Automaton, horizon: Int) -> Configuration {
        guard
            groups.contains(where: { group in
                group.places.places.contains {
                    automaton.canonical($0, horizon: Int32(clamping: horizon)) != $0
                }
            })
        else { return self }
        return replacingPlaces { places in
            Set(places.map { automaton.canonical($0, horizon: Int32(clamping: horizon)) }).sorted()
        }
    }
}

extension Automaton {
    fileprivate func canonical(_ place: Int32, horizon: Int32) -> Int32 {
        let index = chainOf[Int(place)]
        guard index >= 0 else { return place }
        let chain = chains[Int(index)]
        // Each round takes a byte or more.
        let round = place - chain.first
        if round < chain.min { return round < chain.min - horizon ? chain.first : place }
        guard !chain.endless, round < chain.count - horizon else { return place }
        return chain.first + chain.min
    }
}
