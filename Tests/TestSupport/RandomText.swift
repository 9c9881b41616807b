/// Text at random from what tokenizers treat differently: words, contractions, digits, runs of spaces and
/// line breaks, punctuation, characters of two, three and four bytes.
public enum RandomText {
    /// Every byte that the texts may have.
    public static let alphabet = Array(Set("abestlrvdmB019 \n\r\t'.,-()é中文😀".utf8)).sorted()

    public static func make(_ random: inout SeededRandom, parts: ClosedRange<Int>) -> [UInt8] {
        (0..<Int.random(in: parts, using: &random)).flatMap { _ in part(&random) }
    }

    private static func part(_ random: inout SeededRandom) -> [UInt8] {
        func some(_ texts: String, _ counts: ClosedRange<Int>) -> String {
            let characters = Array(texts)
            return String(
                (0..<Int.random(in: counts, using: &random)).compactMap { _ in
                    characters.randomElement(using: &random)
                })
        }
        let part =
            switch Int.random(in: 0..<10, using: &random) {
            case 0, 1: some("abest", 1...5)
            case 2, 3: " " + some("ablrtB", 1...4)
            case 4: "'" + some("strevmld", 0...2)
            case 5: some("019", 1...7)
            case 6: some(" ", 1...4)
            case 7: some("\n \r\t", 1...4)
            case 8: some(".,-()'", 1...3)
            default: some("é中文😀", 1...3)
            }
        return Array(part.utf8)
    }
}
