import Grammars
import TestSupport
import Testing

/// States: what can follow, what must, and when two are equal.
@Suite struct StateTests {
    @Test("a character may come in parts") func aCharacterMayComeInParts() throws {
        let grammar = try Grammar(gbnf: #"root ::= [é-ë] "!""#)
        let half = try #require(try grammar.start.advanced(byBytes: [0xc3]))
        #expect(half.nextBytes == [0xa9, 0xaa, 0xab])
        #expect(!half.canEnd)
        let whole = try #require(try half.advanced(byBytes: [0xaa]))
        #expect(whole.nextBytes == [0x21])
        #expect(try half.advanced(byBytes: [0xac]) == nil)
    }

    @Test("no bytes that are not UTF-8 are allowed") func noBytesThatAreNotUTF8AreAllowed() throws {
        let grammar = try Grammar(gbnf: "root ::= .*")
        for bytes: [UInt8] in [
            [0x80], [0xc0, 0x80], [0xc1], [0xe0, 0x80], [0xed, 0xa0], [0xf0, 0x80], [0xf4, 0x90],
            [0xf5], [0xff], [0xc3, 0x28],
        ] { #expect(try grammar.start.advanced(byBytes: bytes) == nil, "\(bytes)") }
        for scalar in [
            "\u{0}", "\u{7f}", "\u{80}", "\u{7ff}", "\u{800}", "\u{d7ff}", "\u{e000}",
            "\u{ffff}", "\u{10000}", "\u{10ffff}",
        ] { #expect(try grammar.matches(scalar)) }
    }

    @Test("forced bytes are all that can come, and no more")
    func forcedBytesAreAllThatCanComeAndNoMore() throws {
        func forced(_ text: String, after bytes: String = "", limit: Int = 99) throws -> String {
            let state = try #require(
                try Grammar(gbnf: text).start.advanced(byBytes: Array(bytes.utf8)))
            return String(decoding: try state.forcedBytes(limit: limit), as: UTF8.self)
        }
        #expect(try forced(#"root ::= "abc""#) == "abc")
        #expect(try forced(#"root ::= "abc""#, limit: 2) == "ab")
        #expect(try forced(#"root ::= "abc" | "abd""#) == "ab")
        #expect(try forced(#"root ::= "a" | "ab""#) == "a")
        #expect(try forced(#"root ::= "a" "x"? "b""#) == "a")
        #expect(try forced(#"root ::= "a"*"#) == "")
        #expect(try forced(#"root ::= "(" root ")" | "x""#, after: "((x") == "))")
    }

    static let grammars = [
        #"root ::= "a" root "b" | "a" root "c" | "x""#,
        "root ::= item (\",\" item)*\nitem ::= \"[\" root? \"]\" | [0-9]{1,3}",
        #"root ::= [^a-z]{0,4} ("end" | "é")"#,
        "root ::= p q\np ::= \"a\" p | \"a\"\nq ::= \"a\" q | \"b\"",
    ]

    @Test("forced bytes hold in every state of a walk", arguments: grammars)
    func forcedBytesHoldInEveryStateOfAWalk(_ text: String) throws {
        let grammar = try Grammar(gbnf: text)
        var random = SeededRandom(7)
        for _ in 0..<50 {
            guard let sample = try grammar.sample(&random, length: 40) else { continue }
            for end in 0...sample.count {
                let state = try #require(try grammar.start.advanced(byBytes: sample[..<end]))
                let forced = try state.forcedBytes(limit: 1_000)
                #expect(sample[end...].starts(with: forced))
                let after = try #require(try state.advanced(byBytes: forced))
                #expect(after.canEnd || after.nextBytes.count > 1 || forced.count == 1_000)
                // One byte after another is possible, and only that.
                var current = state
                for byte in forced {
                    #expect(!current.canEnd && current.nextBytes == [byte])
                    current = try #require(try current.advanced(byBytes: [byte]))
                }
                #expect(current == after)
            }
        }
    }

    @Test("next bytes are those that can follow", arguments: grammars)
    func nextBytesAreThoseThatCanFollow(_ text: String) throws {
        let grammar = try Grammar(gbnf: text)
        var random = SeededRandom(8)
        for _ in 0..<20 {
            guard let sample = try grammar.sample(&random, length: 40) else { continue }
            for end in 0...sample.count {
                let state = try #require(try grammar.start.advanced(byBytes: sample[..<end]))
                for byte in UInt8.min...UInt8.max {
                    let isNext = try state.advanced(byBytes: [byte]) != nil
                    #expect(isNext == state.nextBytes.contains(byte))
                }
                #expect(state.mustEnd == state.nextBytes.isEmpty)
            }
        }
    }

    @Test("states are equal by what they allow, not by how they were reached")
    func statesAreEqualByWhatTheyAllow() throws {
        let grammar = try Grammar(gbnf: #"root ::= "[" [a-z]* ("," [a-z]*)* "]""#)
        func state(_ text: String) throws -> GrammarState {
            try #require(try grammar.start.advanced(byBytes: Array(text.utf8)))
        }
        #expect(try state("[a") == state("[bcd"))
        #expect(try state("[a,b") == state("[,,cc"))
        #expect(try state("[a").hashValue == state("[bcd").hashValue)
        #expect(try state("[") != state("[]"))
        // A list written with recursion at its end does not grow.
        let list = try Grammar(gbnf: #"root ::= [a-z] "," root | [a-z]"#)
        let one = try #require(try list.start.advanced(byBytes: Array("a,".utf8)))
        let many = try #require(
            try list.start.advanced(byBytes: Array(String(repeating: "a,", count: 5_000).utf8)))
        #expect(one == many)
        // States of different grammars differ.
        let other = try Grammar(gbnf: #"root ::= "[" [a-z]* ("," [a-z]*)* "]""#)
        #expect(other.start != grammar.start)
    }
}
