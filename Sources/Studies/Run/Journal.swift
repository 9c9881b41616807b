import Foundation

/// A file of records, one JSON object per line, that survives being killed at any moment.
///
/// Every record is written with one call before the next is begun, and flushed to the disk at least
/// twice a second and at the end. An unfinished last line, left by a killed run, is removed when the
/// file is opened again. Only one run at a time can hold a journal.
final class Journal<Record: Codable> {
    let path: String
    private let descriptor: Int32
    private var length: off_t
    private var lastFlush = ContinuousClock.now
    private let encoder = JSONEncoder()

    /// Opens or creates a journal, and reads it.
    ///
    /// - Returns: the journal, its records in order, and whether a torn last line was repaired.
    /// - Throws: ``StudyError``.
    static func open(
        _ path: String
    ) throws(StudyError) -> (journal: Journal, records: [Record], repaired: Bool) {
        let descriptor = path.withCString {
            Foundation.open($0, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        }
        guard descriptor >= 0 else { throw .cannotWrite(path: path, reason: Self.systemReason()) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw .folderInUse((path as NSString).deletingLastPathComponent)
        }
        let journal = Journal(path, descriptor)
        let (records, repaired) = try journal.read()
        return (journal, records, repaired)
    }

    /// A journal that has no records yet.
    init(_ path: String, _ descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
        length = 0
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    }

    deinit {
        fsync(descriptor)
        close(descriptor)
    }

    /// Appends a record.
    ///
    /// - Throws: ``StudyError/cannotWrite(path:reason:)``; the file then ends with the record before.
    func append(_ record: Record) throws {
        var line = try encoder.encode(record)
        line.append(0x0a)
        var written = 0
        while written < line.count {
            let count = line.withUnsafeBytes { bytes in
                pwrite(
                    descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written,
                    length + off_t(written))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = Self.systemReason()
                ftruncate(descriptor, length)
                throw StudyError.cannotWrite(path: path, reason: reason)
            }
            written += count
        }
        length += off_t(written)
        if ContinuousClock.now - lastFlush > .milliseconds(500) { try flush() }
    }

    /// Waits until everything is on the disk.
    func flush() throws {
        lastFlush = .now
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw StudyError.cannotWrite(path: path, reason: Self.systemReason())
        }
    }

    private func read() throws(StudyError) -> (records: [Record], repaired: Bool) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .unreadable(path: path, reason: "it cannot be read")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        var records: [Record] = []
        var lines = data.split(separator: 0x0a, omittingEmptySubsequences: false)
        let last = lines.popLast() ?? Data()
        for (index, line) in lines.enumerated() where !line.isEmpty {
            guard let record = try? decoder.decode(Record.self, from: line) else {
                throw .damagedRecord(path: path, line: index + 1)
            }
            records.append(record)
        }
        length = off_t(data.count)
        guard !last.isEmpty else { return (records, false) }
        if let record = try? decoder.decode(Record.self, from: last) {
            // Whole but for its line end: keep it.
            records.append(record)
            guard pwrite(descriptor, "\n", 1, length) == 1 else {
                throw .cannotWrite(path: path, reason: Self.systemReason())
            }
            length += 1
        } else {
            length -= off_t(last.count)
            guard ftruncate(descriptor, length) == 0 else {
                throw .cannotWrite(path: path, reason: Self.systemReason())
            }
        }
        return (records, true)
    }

    private static func systemReason() -> String { String(cString: strerror(errno)) }
}
