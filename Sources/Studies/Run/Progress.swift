import Foundation

/// How far a run is, how fast it goes, and how long it will still take.
struct Progress {
    private let total: Int
    private let noun: String
    private let report: (String) -> Void
    private var done = 0
    private let start = ContinuousClock.now
    private var last: ContinuousClock.Instant

    init(_ total: Int, _ noun: String, report: @escaping (String) -> Void) {
        self.total = total
        self.noun = noun
        self.report = report
        last = start
    }

    /// Counts one; says so every three seconds, and at the end.
    mutating func advance() {
        done += 1
        let now = ContinuousClock.now
        guard done == total || now - last >= .seconds(3) else { return }
        last = now
        report(text(elapsed: (now - start) / .seconds(1)))
    }

    func text(elapsed: Double) -> String {
        let rate = Double(done) / max(elapsed, 1e-3)
        let left = rate > 0 ? Double(total - done) / rate : 0
        return "\(done) of \(total) \(noun), \(String(format: "%.1f", rate))/s, "
            + (done == total ? "done" : "\(Self.duration(left)) left")
    }

    static func duration(_ seconds: Double) -> String {
        let whole = Int(seconds.rounded(.up))
        if whole < 90 { return "\(whole) s" }
        return whole < 5400
            ? "\(whole / 60) min \(whole % 60) s"
            : "\(whole / 3600) h \(whole % 3600 / 60) min"
    }
}
