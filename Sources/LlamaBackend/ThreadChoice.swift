/// Chooses how many threads a model's passes run on, from what they take.
///
/// Small models gain nothing from more threads, and a team of threads waits for the one that another
/// process keeps from running. So now and then a pass runs on a neighbouring number of threads, and its time
/// is compared with what such a pass takes at present:
///
///     ratio = seconds / median of the last passes of the same width
///
/// Passes that were slower for being tried are paid from a credit, a hundredth of the time of all passes. When
/// passes become slow all of a sudden, fewer threads are tried at once. More threads are tried again after some
/// seconds even without a credit, the later the more the last try lost: nothing else shows that the machine has
/// become idle again.
struct ThreadChoice {
    /// The share of the time that may be lost to trying.
    private static let share = 0.01
    /// Wider passes are those of prompts, whose widths rarely come again.
    private static let widest = 64
    /// Passes of a width that are remembered, and as many as are needed to compare with.
    private static let remembered = 5
    private static let needed = 3
    /// A number of threads is changed for one whose passes take less than this share of the time, twice.
    private static let worthwhile = 0.93
    /// Seconds that may be lost beyond the credit where passes are slow: chance makes some slow, too.
    private static let advance = 0.01
    /// Seconds after which more threads are tried without a credit, and the share of the time that these tries
    /// may lose.
    private static let patience = 4.0
    private static let lookingShare = 0.05
    /// A pass is slow if it takes this many times what is usual.
    private static let slow = 1.8

    /// Numbers to choose from, the most threads first.
    let counts: [Int]
    /// The number in use, by its place in ``counts``.
    private var current = 0
    /// The number that the next pass tries, by its place.
    private var tried: Int?
    /// By width, seconds of the last passes on the current number of threads.
    private var recent: [Int: [Double]] = [:]
    /// By place, what its last passes took beside the current number's.
    private var ratios: [Int: [Double]] = [:]
    /// Seconds that may be lost.
    private var credit = 0.0
    /// Passes in a row that were slow.
    private var slowPasses = 0
    /// Whether more threads are tried next, rather than fewer.
    private var looksUp = false
    /// The time when the last pass began.
    private var now = 0.0
    /// When more threads are tried without a credit.
    private var nextLook = 0.0
    /// Whether what is tried is paid from the credit.
    private var isPaid = true

    /// - Parameter most: the most threads that there may be.
    init(most: Int) {
        var counts = [max(1, most)]
        if most > 2 { counts.append(most - 1) }
        var half = most / 2
        while half >= 1 {
            if half < counts[counts.count - 1] { counts.append(half) }
            half /= 2
        }
        self.counts = counts
    }

    /// The number of threads in use, without what is being tried.
    var chosen: Int { counts[current] }

    /// The number of threads for the next pass.
    ///
    /// - Parameter now: seconds since any point in time.
    mutating func threads(width: Int, now: Double) -> Int {
        (tried, self.now) = (nil, now)
        guard counts.count > 1, isComparable(width), let place = candidate() else { return chosen }
        tried = place
        return counts[place]
    }

    /// Takes in how long the whole pass took for which ``threads(width:now:)`` was asked last.
    mutating func record(width: Int, seconds: Double) {
        guard counts.count > 1, width <= Self.widest, seconds > 0 else { return }
        if let tried {
            self.tried = nil
            compare(tried, width, seconds)
            return
        }
        credit = min(credit + Self.share * seconds, 1)
        if let usual = usual(width), isComparable(width), seconds > Self.slow * usual {
            slowPasses += 1
        } else {
            slowPasses = 0
        }
        recent[width, default: []].append(seconds)
        if recent[width, default: []].count > Self.remembered { recent[width]?.removeFirst() }
    }

    // MARK: Trying

    /// The number to try, if it is time to.
    private mutating func candidate() -> Int? {
        isPaid = true
        // What looked better once is tried again at once.
        if let promising = ratios.first(where: { $0.value.last ?? 1 < Self.worthwhile }) {
            return promising.key
        }
        if slowPasses >= 2, current + 1 < counts.count, credit > -Self.advance {
            slowPasses = 0
            return current + 1
        }
        if current > 0, now >= nextLook {
            isPaid = false
            return current - 1
        }
        guard credit > 0 else { return nil }
        looksUp.toggle()
        let place = looksUp ? current - 1 : current + 1
        return counts.indices.contains(place) ? place : nil
    }

    private mutating func compare(_ place: Int, _ width: Int, _ seconds: Double) {
        guard let usual = usual(width) else { return }
        let lost = max(0, seconds - usual)
        if isPaid { credit -= lost }
        if place < current {
            nextLook = now + seconds + max(Self.patience, lost / Self.lookingShare)
        }
        let ratio = seconds / usual
        ratios[place, default: []].append(ratio)
        guard let tries = ratios[place], tries.count >= 2,
            tries.suffix(2).allSatisfy({ $0 < Self.worthwhile })
        else {
            // One good pass and then a bad one: it was chance.
            if ratio >= Self.worthwhile { ratios[place] = nil }
            return
        }
        change(to: place)
    }

    private mutating func change(to place: Int) {
        if place > current { nextLook = now + Self.patience }
        current = place
        ratios = [:]
        slowPasses = 0
        // Nothing is known of the new number but two passes: others must come before it is judged.
        recent = [:]
        credit = min(credit, 0)
    }

    // MARK: What is usual

    private func isComparable(_ width: Int) -> Bool {
        recent[width, default: []].count >= Self.needed
    }

    private func usual(_ width: Int) -> Double? {
        guard let seconds = recent[width], !seconds.isEmpty else { return nil }
        return seconds.sorted()[seconds.count / 2]
    }
}
