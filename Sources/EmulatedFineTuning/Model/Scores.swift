/// What a model says about the token that follows a position.
public enum Scores: Sendable {
    /// Unnormalised scores of the whole vocabulary.
    case row(LogitRow)
    /// Normalised log-probabilities (nats) of the tokens asked for, in the order asked.
    case tokens([Float])
}

/// One row of logits, `[vocabulary]`, borrowed from the model that computed it.
///
/// Valid until the model's next pass. Finite, or −∞ for a token the model forbids; the engine refuses
/// rows with NaN or +∞.
public struct LogitRow: @unchecked Sendable {
    // Sendable: the memory is not written between the pass that made the row and the next call on
    // that model, and the engine, the model's only caller, is done with the row by then.
    public let buffer: UnsafeBufferPointer<Float>
    let owner: AnyObject

    /// A row inside memory that `owner` keeps alive.
    public init(borrowing buffer: UnsafeBufferPointer<Float>, owner: AnyObject) {
        self.buffer = buffer
        self.owner = owner
    }

    /// A row of its own.
    public init(_ logits: [Float]) {
        let storage = RowStorage(count: logits.count)
        _ = storage.buffer.initialize(from: logits)
        self.init(borrowing: UnsafeBufferPointer(storage.buffer), owner: storage)
    }
}

/// Memory for rows, freed with its last reference.
final class RowStorage {
    let buffer: UnsafeMutableBufferPointer<Float>

    init(count: Int) {
        buffer = .allocate(capacity: count)
        buffer.initialize(repeating: 0)
    }

    deinit { buffer.deallocate() }
}
