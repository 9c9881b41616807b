import Recipes

/// How a judge runs the programs that models write.
public struct CodeOptions: Sendable, Equatable {
    /// What keeps a program from the rest of the machine.
    public enum Isolation: String, Sendable, Equatable, CaseIterable {
        /// bubblewrap: no network, no processes of others, and no files but Python's, those in `/usr`,
        /// and an empty folder.
        case sandbox
        /// Nothing: a program can reach files and network. Time, memory and processes are limited.
        case limits
    }

    public var isolation = Isolation.sandbox
    /// Seconds by the clock for one program with its tests, from when it begins; one or two seconds
    /// more of processor time for each of its processes.
    public var timeout = 10.0
    /// Address space of each process, MiB.
    public var memory = 512
    /// The Python that runs the programs: a name on the path, or a path.
    public var python = "python3"

    public init() {}
}

extension CodeOptions {
    static let keys = ["isolation", "timeout", "memory", "python"]

    init(_ body: YAMLMapping) throws {
        isolation = try body.choice("isolation", Isolation.self) ?? isolation
        timeout = try body.number("timeout", in: 0.1...3600) ?? timeout
        memory = try body.integer("memory", in: 64...1_000_000) ?? memory
        python = try body.text("python") ?? python
    }
}
