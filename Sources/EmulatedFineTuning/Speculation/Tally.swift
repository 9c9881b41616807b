/// How often something came true, by class, with exponentially fading weight.
struct Tally: Equatable {
    private var hits: [Double]
    private var seen: [Double]
    /// Observations that a class remembers.
    private let memory: Double

    /// - Parameter chances: what is believed at first, by class, worth one observation each.
    init(_ chances: [Double], memory: Double) {
        hits = chances
        seen = chances.map { _ in 1 }
        self.memory = memory
    }

    mutating func record(_ hit: Bool, of index: Int) {
        let fading = 1 - 1 / memory
        hits[index] = hits[index] * fading + (hit ? 1 : 0)
        seen[index] = seen[index] * fading + 1
    }

    /// 0 to 1.
    func chance(of index: Int) -> Double { hits[index] / seen[index] }
}
