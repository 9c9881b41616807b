import LlamaBackend

/// How far the file of a member has been read.
public struct LoadingProgress: Sendable, Equatable {
    public var member: String
    /// Bytes of the file, all its parts together; 0 where that is not known.
    public var bytes: Int
    /// The share that is there, 0 to 1.
    public var share: Double

    public init(member: String, bytes: Int, share: Double) {
        (self.member, self.bytes, self.share) = (member, bytes, share)
    }

    /// What to tell libllama to call for a member's file.
    static func listener(
        _ member: String, _ path: String, _ report: (@Sendable (LoadingProgress) -> Void)?
    ) -> (@Sendable (Double) -> Void)? {
        guard let report else { return nil }
        let bytes = (try? LlamaModelInfo(path: path).fileSize) ?? 0
        // libllama is silent until the file is mapped, which can take a while.
        report(LoadingProgress(member: member, bytes: bytes, share: 0))
        return { report(LoadingProgress(member: member, bytes: bytes, share: $0)) }
    }
}
