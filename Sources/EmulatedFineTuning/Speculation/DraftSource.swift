/// Where proposed tokens come from.
///
/// Whatever proposes a token, the map F needs only the draft member's row at its position, and that is
/// computed when the token is checked. So the reply is the same for every set of sources.
public enum DraftSource: String, Sendable, Hashable, CaseIterable {
    /// What the reply's constraint forces: text that must come next.
    case grammar
    /// What followed the latest tokens where they came before, in the prompt or the reply.
    case lookup
    /// What the draft member would say next. It also goes on where the others end.
    case member
}

extension Set<DraftSource> {
    /// Every source.
    public static var all: Self { Set(DraftSource.allCases) }

    /// Reads names with commas between them; nil when one is unknown, stands twice, or none is there.
    public init?(_ text: String) {
        let names = text.split(separator: ",", omittingEmptySubsequences: false)
        let sources = names.compactMap { name in
            DraftSource(rawValue: name.filter { $0 != " " })
        }
        guard !sources.isEmpty, sources.count == names.count, Set(sources).count == sources.count
        else { return nil }
        self.init(sources)
    }

    /// The names, as they are read.
    public var names: String {
        DraftSource.allCases.filter(contains).map(\.rawValue).joined(separator: ",")
    }
}
