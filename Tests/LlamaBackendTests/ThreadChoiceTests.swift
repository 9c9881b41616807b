import Testing

@testable import LlamaBackend

/// A machine in numbers: what a pass takes on some threads, idle or with other work on its cores.
@Suite struct ThreadChoiceTests {
    struct Machine {
        var cores: Int
        /// Seconds of a pass on one thread.
        var pass: Double
        /// The share of a pass that more threads share.
        var parallel: Double
        /// Cores that other work keeps busy.
        var busy = 0
        /// How many times longer a pass takes whose team waits for a thread that does not run.
        var stall = 30.0
        /// Whether the other work runs by turns with the team's thread, each so many seconds; nil: every pass is `stall`
        /// times as long.
        var turn: Double?
        /// Seconds of all passes so far.
        var now = 0.0
        private var state: UInt64 = 1

        init(cores: Int, pass: Double, parallel: Double = 0.95) {
            (self.cores, self.pass, self.parallel) = (cores, pass, parallel)
        }

        mutating func seconds(_ threads: Int, width: Int) -> Double {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let noise = 1 + 0.04 * (Double(state >> 40) / Double(1 << 24) - 0.5)
            let one = pass * (1 + 0.2 * Double(width - 1))
            let idle = one * (1 - parallel) + one * parallel / Double(threads)
            guard threads > cores - busy else { return idle * noise }
            guard let turn else { return idle * noise * stall }
            // In every second turn the thread waits.
            var (left, at, taken) = (idle * noise, now, 0.0)
            while left > 0 {
                let place = at.truncatingRemainder(dividingBy: 2 * turn)
                let step = place < turn ? min(left, turn - place) : 2 * turn - place
                if place < turn { left -= step }
                at += max(step, 1e-9)
                taken += max(step, 1e-9)
            }
            return taken
        }
    }

    /// Runs passes for some seconds; the seconds each took, and on how many threads.
    static func run(
        _ choice: inout ThreadChoice, _ machine: inout Machine, seconds: Double,
        widths: [Int] = [1]
    ) -> (passes: Int, seconds: Double) {
        var (passes, spent) = (0, 0.0)
        while spent < seconds {
            let width = widths[passes % widths.count]
            let threads = choice.threads(width: width, now: machine.now)
            let taken = machine.seconds(threads, width: width)
            machine.now += taken
            choice.record(width: width, seconds: taken)
            spent += taken
            passes += 1
        }
        return (passes, spent)
    }

    /// Passes a second, beside the best fixed number.
    static func share(
        _ choice: inout ThreadChoice, _ machine: inout Machine, seconds: Double,
        widths: [Int] = [1]
    ) -> Double {
        let best =
            (1...machine.cores).map { threads in
                var copy = machine
                for pass in 0..<100 * widths.count {
                    copy.now += copy.seconds(threads, width: widths[pass % widths.count])
                }
                return (copy.now - machine.now) / Double(100 * widths.count)
            }.min() ?? 0
        let run = run(&choice, &machine, seconds: seconds, widths: widths)
        return best / (run.seconds / Double(run.passes))
    }

    @Test(
        "an idle machine loses less than three hundredths",
        arguments: [(2, 0.05), (2, 0.0005), (8, 0.02), (64, 0.001)])
    func anIdleMachineLosesLessThanThreeHundredths(cores: Int, pass: Double) {
        var machine = Machine(cores: cores, pass: pass)
        var choice = ThreadChoice(most: cores)
        _ = Self.run(&choice, &machine, seconds: 5, widths: [1, 8])
        #expect(choice.chosen == cores)
        #expect(Self.share(&choice, &machine, seconds: 20, widths: [1, 8]) > 0.97)
    }

    @Test("a model that gains nothing from threads runs on one", arguments: [2, 4, 8, 64])
    func aModelThatGainsNothingFromThreadsRunsOnOne(cores: Int) {
        var machine = Machine(cores: cores, pass: 0.0003, parallel: -0.4)
        var choice = ThreadChoice(most: cores)
        _ = Self.run(&choice, &machine, seconds: 60)
        #expect(choice.chosen == 1)
        #expect(Self.share(&choice, &machine, seconds: 5) > 0.97)
    }

    @Test(
        "a busy core costs what it takes, and no more",
        arguments: [(2, 0.0005, 30.0), (2, 0.02, 3.0), (8, 0.005, 20.0)])
    func aBusyCoreCostsWhatItTakesAndNoMore(cores: Int, pass: Double, stall: Double) {
        var machine = Machine(cores: cores, pass: pass)
        machine.stall = stall
        var choice = ThreadChoice(most: cores)
        _ = Self.run(&choice, &machine, seconds: 3)
        machine.busy = 1
        _ = Self.run(&choice, &machine, seconds: 3)
        #expect(choice.chosen == cores - 1)
        #expect(Self.share(&choice, &machine, seconds: 20) > 0.95)
        machine.busy = 0
        _ = Self.run(&choice, &machine, seconds: 6)
        #expect(choice.chosen == cores)
    }

    @Test(
        "several busy cores are left alone",
        arguments: [(4, 2, 4), (8, 2, 6), (8, 5, 3), (64, 40, 16)])
    func severalBusyCoresAreLeftAlone(cores: Int, busy: Int, most: Int) {
        var machine = Machine(cores: cores, pass: 0.005)
        machine.stall = 20
        var choice = ThreadChoice(most: cores)
        _ = Self.run(&choice, &machine, seconds: 3)
        machine.busy = busy
        _ = Self.run(&choice, &machine, seconds: 10)
        #expect(choice.chosen <= most)
        machine.busy = 0
        _ = Self.run(&choice, &machine, seconds: 60)
        #expect(choice.chosen >= cores - 1)
    }

    @Test("pauses between replies pay for no tries, and what was before them decides nothing")
    func pausesPayForNoTries() {
        var machine = Machine(cores: 2, pass: 0.1)
        machine.busy = 1
        var choice = ThreadChoice(most: 2)
        _ = Self.run(&choice, &machine, seconds: 20)
        var (passes, spent) = (0, 0.0)
        for _ in 0..<60 {
            machine.now += 27
            let reply = Self.run(&choice, &machine, seconds: 3)
            (passes, spent) = (passes + reply.passes, spent + reply.seconds)
        }
        #expect(0.1 * Double(passes) > 0.92 * spent)
    }

    @Test(
        "passes that are rarely interrupted, but for long, are seen to be slow",
        arguments: [(0.0005, 0.004, 0.3), (0.002, 0.004, 0.5), (0.02, 0.004, 0.6)])
    func rareInterruptionsAreSeen(pass: Double, turn: Double, parallel: Double) {
        var machine = Machine(cores: 2, pass: pass, parallel: parallel)
        machine.turn = turn
        var choice = ThreadChoice(most: 2)
        _ = Self.run(&choice, &machine, seconds: 3, widths: [1, 8, 7])
        #expect(choice.chosen == 2)
        machine.busy = 1
        _ = Self.run(&choice, &machine, seconds: 3, widths: [1, 8, 7])
        #expect(choice.chosen == 1)
        #expect(Self.share(&choice, &machine, seconds: 20, widths: [1, 8, 7]) > 0.9)
        machine.busy = 0
        _ = Self.run(&choice, &machine, seconds: 10, widths: [1, 8, 7])
        #expect(choice.chosen == 2)
    }

    @Test(
        "slow passes take up more threads again, and tries cost a twentieth at most",
        arguments: [
            // As measured: eight streams of a 0.5 B model.
            (cores: 2, pass: 0.08, parallel: 0.85, stall: 3.5, width: 8),
            (2, 0.3, 0.95, 3, 1), (2, 0.1, 0.95, 10, 8), (2, 0.05, 0.95, 30, 1),
            (8, 0.1, 0.95, 10, 8),
        ])
    func slowPassesTakeUpMoreThreadsAgain(
        cores: Int, pass: Double, parallel: Double, stall: Double, width: Int
    ) {
        var machine = Machine(cores: cores, pass: pass, parallel: parallel)
        machine.stall = stall
        var choice = ThreadChoice(most: cores)
        machine.busy = 1
        _ = Self.run(&choice, &machine, seconds: 20, widths: [width])
        #expect(Self.share(&choice, &machine, seconds: 600, widths: [width]) > 0.92)
        #expect(choice.chosen < cores)
        let lost = machine.seconds(cores, width: width) - machine.seconds(1, width: width)
        machine.busy = 0
        _ = Self.run(&choice, &machine, seconds: 6 + 20 * max(0, lost), widths: [width])
        #expect(choice.chosen == cores)
    }

    @Test("numbers to choose from are few, and reach one thread")
    func numbersToChooseFromAreFewAndReachOneThread() {
        #expect(ThreadChoice(most: 1).counts == [1])
        #expect(ThreadChoice(most: 2).counts == [2, 1])
        #expect(ThreadChoice(most: 6).counts == [6, 5, 3, 1])
        #expect(ThreadChoice(most: 64).counts == [64, 63, 32, 16, 8, 4, 2, 1])
    }

    @Test("what was never timed changes nothing") func whatWasNeverTimedChangesNothing() {
        var choice = ThreadChoice(most: 4)
        for _ in 0..<1000 {
            #expect(choice.threads(width: 512, now: 0) == 4)
            choice.record(width: 512, seconds: 1)
        }
        #expect(choice.threads(width: 1, now: 0) == 4)
        choice.record(width: 1, seconds: 0)
        choice.record(width: 1, seconds: -1)
        #expect(choice.chosen == 4)
    }
}
