/// Chooses how many threads a model's passes run on, from what they take.
///
/// Small models gain nothing from more threads, and a team of threads waits for the one that another
/// process keeps from running. So now and then some passes run on another number of threads, and their time is compared
/// with what such passes take at present:
///
///     ratio = (Σ seconds / Σ usual) tried / (Σ seconds / Σ usual) at present
///
/// where usual is the median of the last passes of about the same width. Sums, and a stretch of passes instead of one: short
/// passes are rarely interrupted, but then for many times as long as they take.
///
/// Fewer threads are tried now and then, and paid from a credit, a hundredth of the time of all passes; step by step, as
/// long as fewer cost about the same. When passes become slow all of a sudden, they are tried at once. More threads are
/// tried after some seconds, as nothing else shows that the machine has become idle again. These two need no credit, but
/// come the later the more the last such try lost.
struct ThreadChoice {
    /// The share of the time that may be lost to trying.
    private static let share = 0.01
    /// Wider passes are those of prompts.
    private static let widest = 64
    /// Passes of a width that are remembered, and as many as are needed to compare with.
    private static let remembered = 5
    private static let needed = 3
    /// A number of threads is changed for one whose passes take less than this share of the time, twice.
    private static let worthwhile = 0.93
    /// Seconds after which more threads are tried without a credit.
    private static let patience = 4.0
    /// The share of the time of all passes that tries without a credit may lose, fewer threads and more threads each.
    private static let lookingShare = 0.05
    /// A try that lost more seconds did so for another reason: the machine was asleep, say.
    private static let mostLost = 30.0
    /// After so many seconds without a pass, what passes took before says little.
    private static let pause = 1.0
    /// Where fewer threads make passes this many times as long, still fewer are not tried.
    private static let tooSlow = 2.0
    /// A pass is slow if it takes this many times what is usual.
    private static let slow = 1.8
    /// Passes that make up for a slow one.
    private static let forgiving = 16.0
    /// What one try takes at least, seconds: several times as long as a process runs at a stretch.
    private static let stretch = 0.02
    /// What is remembered of the passes at present, seconds (or eight passes, if that is longer), and how long passes
    /// run at least between two paid tries.
    private static let memory = 0.2

    /// Numbers to choose from, the most threads first.
    let counts: [Int]
    /// The number in use, by its place in ``counts``.
    private var current = 0
    /// The number that passes try now, by its place, and what they took.
    private var tried: (place: Int, sum: Sum)?
    /// By class of widths, seconds of the last passes on the current number of threads.
    private var recent: [Int: [Double]] = [:]
    /// What passes on the current number of threads took lately.
    private var present = Sum()
    /// Seconds of such passes since the last try.
    private var sinceTry = 0.0
    /// By place, what its last stretches took beside the current number's.
    private var ratios: [Int: [Double]] = [:]
    /// Seconds that may be lost.
    private var credit = 0.0
    /// Slow passes of late.
    private var slowPasses = 0.0
    /// How many steps fewer threads are tried next.
    private var reach = 1
    /// The time when the last pass began, and when it ended.
    private var now = 0.0
    private var end = 0.0
    /// Seconds of all passes.
    private var passed = 0.0
    /// When more threads are tried: from this time on, and after so many seconds of passes.
    private var nextLook = (time: 0.0, passed: 0.0)
    /// After how many seconds of passes slow ones are a reason to try fewer.
    private var nextAlarm = 0.0
    /// Whether what is tried is paid from the credit.
    private var isPaid = true

    /// What some passes took.
    private struct Sum {
        var seconds = 0.0
        /// What is usual for such passes.
        var usual = 0.0

        /// How many times as long as usual.
        var slowness: Double { usual > 0 ? seconds / usual : 1 }

        mutating func add(_ seconds: Double, _ usual: Double) {
            self.seconds += seconds
            self.usual += usual
        }

        /// Older passes count less and less.
        mutating func fade(beyond limit: Double) {
            guard seconds > limit else { return }
            let factor = limit / seconds
            seconds *= factor
            usual *= factor
        }
    }

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
        if now > end + Self.pause { forget() }
        self.now = now
        guard counts.count > 1, usual(width) != nil else { return chosen }
        if let tried { return counts[tried.place] }
        guard let place = candidate() else { return chosen }
        tried = (place, Sum())
        return counts[place]
    }

    /// Takes in how long the whole pass took for which ``threads(width:now:)`` was asked last.
    mutating func record(width: Int, seconds: Double) {
        guard counts.count > 1, width <= Self.widest, seconds > 0 else { return }
        end = now + seconds
        passed += seconds
        let usual = usual(width)
        if var tried, let usual {
            tried.sum.add(seconds, usual)
            let isOver = tried.sum.seconds >= Self.stretch
            self.tried = isOver ? nil : tried
            if isOver { compare(tried.place, tried.sum) }
            return
        }
        sinceTry += seconds
        credit = min(credit + Self.share * seconds, 1)
        if let usual {
            present.add(seconds, usual)
            present.fade(beyond: max(Self.memory, 8 * usual))
            let isSlow = seconds > Self.slow * usual
            slowPasses = isSlow ? slowPasses + 1 : max(0, slowPasses - 1 / Self.forgiving)
        }
        recent[Self.alike(width), default: []].append(seconds)
        if recent[Self.alike(width), default: []].count > Self.remembered {
            recent[Self.alike(width)]?.removeFirst()
        }
    }

    // MARK: Trying

    /// The number to try, if it is time to.
    private mutating func candidate() -> Int? {
        guard min(sinceTry, present.seconds) >= Self.stretch else { return nil }
        // What looked better once is tried again.
        if let promising = ratios.first(where: { $0.value.last ?? 1 < Self.worthwhile }) {
            return promising.key
        }
        let fewer = min(current + reach, counts.count - 1)
        if slowPasses >= 1.5, fewer > current, passed >= nextAlarm {
            (slowPasses, isPaid) = (0, false)
            return fewer
        }
        if current > 0, now >= nextLook.time, passed >= nextLook.passed {
            isPaid = false
            return current - 1
        }
        guard credit > 0, fewer > current, sinceTry >= Self.memory else { return nil }
        isPaid = true
        return fewer
    }

    private mutating func compare(_ place: Int, _ stretch: Sum) {
        sinceTry = 0
        let ratio = stretch.slowness / present.slowness
        let lost = min(max(0, stretch.seconds - stretch.seconds / ratio), Self.mostLost)
        if isPaid { credit -= lost }
        let later = passed + lost / Self.lookingShare
        if place < current {
            nextLook = (now + Self.patience, later)
        } else if !isPaid {
            nextAlarm = later
        }
        ratios[place, default: []].append(ratio)
        guard let tries = ratios[place], tries.count >= 2,
            tries.suffix(2).allSatisfy({ $0 < Self.worthwhile })
        else {
            guard ratio >= Self.worthwhile else { return }
            // One good stretch and then a bad one: it was chance.
            ratios[place] = nil
            guard place > current else { return }
            // Still fewer may be better: other work keeps several cores, or threads gain nothing.
            let goesOn = ratio < Self.tooSlow && place + 1 < counts.count
            reach = goesOn ? place - current + 1 : 1
            if goesOn, !isPaid { slowPasses = 1.5 }
            return
        }
        change(to: place)
    }

    private mutating func change(to place: Int) {
        if place > current { nextLook.time = now + Self.patience }
        current = place
        reach = 1
        ratios = [:]
        credit = min(credit, 0)
        forget()
    }

    /// Forgets what passes take: others must come before anything is compared with them.
    private mutating func forget() {
        tried = nil
        recent = [:]
        present = Sum()
        (sinceTry, slowPasses) = (0, 0)
    }

    // MARK: What is usual

    /// Widths that are compared with each other: apart by less than a half.
    private static func alike(_ width: Int) -> Int {
        guard width > 4 else { return width }
        let octave = width.bitWidth - (width - 1).leadingZeroBitCount
        let isUpperHalf = (width - 1) >> (octave - 2) & 1
        return 2 * octave + isUpperHalf
    }

    /// Seconds of a pass of such a width; nil where too few were seen.
    private func usual(_ width: Int) -> Double? {
        guard let seconds = recent[Self.alike(width)], seconds.count >= Self.needed else {
            return nil
        }
        return seconds.sorted()[seconds.count / 2]
    }
}
