import Recipes
import Synchronization
import Testing

@testable import eft

/// The line that says how far loading is.
@Suite struct LoadingDisplayTests {
    /// A display on a clock of its own, and what it wrote.
    final class Watched: Sendable {
        private let state = Mutex((time: ContinuousClock.now, written: [String]()))

        var written: [String] { state.withLock { $0.written } }

        func display() -> LoadingDisplay {
            LoadingDisplay(
                now: { self.state.withLock { $0.time } },
                write: { text in self.state.withLock { $0.written.append(text) } })
        }

        func pass(_ seconds: Double) { state.withLock { $0.time += .seconds(seconds) } }
    }

    static func progress(_ member: String, _ share: Double) -> LoadingProgress {
        LoadingProgress(member: member, bytes: 1_181_116_006, share: share)
    }

    @Test("what is loaded within two seconds is not spoken of")
    func whatIsLoadedWithinTwoSecondsIsNotSpokenOf() {
        let watched = Watched()
        let display = watched.display()
        for share in [0, 0.5, 1] {
            display.update(Self.progress("large", share))
            watched.pass(0.9)
        }
        display.finish()
        #expect(watched.written == [])
    }

    @Test("after that one line is rewritten, member by member, and taken away")
    func afterThatOneLineIsRewritten() {
        let watched = Watched()
        let display = watched.display()
        display.update(Self.progress("large", 0))
        watched.pass(2)
        // libllama may be silent for long.
        display.refresh()
        display.refresh()
        display.update(Self.progress("large", 0.437))
        display.update(Self.progress("large", 0.439))
        display.update(Self.progress("chat", 1))
        display.finish()
        display.refresh()
        #expect(
            watched.written == [
                "\reft: loading `large` (1.10 GiB): 0 %\u{1b}[K",
                "\reft: loading `large` (1.10 GiB): 43 %\u{1b}[K",
                "\reft: loading `chat` (1.10 GiB): 100 %\u{1b}[K",
                "\r\u{1b}[K",
            ])
    }
}
