import Foundation

/// The head of a safetensors file: which tensors it has, and how long it must be.
///
/// Source: <https://huggingface.co/docs/safetensors>: 8 bytes with the length of a JSON object, which has
/// each tensor's type, shape and place.
struct SafetensorsHeader {
    /// Whether all its numbers are of 32 bits.
    let isFloat32: Bool

    private static let longest = 100_000_000

    /// - Throws: ``ModelStoreError/incomplete(path:expected:actual:remedy:)``, or `noModel` when it is none.
    init(_ folder: String, _ file: String) throws(ModelStoreError) {
        let path = "\(folder)/\(file)"
        func broken() -> ModelStoreError {
            .noModel(
                folder: folder, wanted: "whole safetensors",
                reason:
                    "has `\(file)`, which is not one. Often it is a Git LFS pointer or the page of a "
                    + "failed download. Download it again.")
        }
        let remedy = "Download it again; `hf download` goes on where it stopped."
        guard let handle = FileHandle(forReadingAtPath: path), let size = FileBytes.size(path)
        else {
            throw .unreadable(path: path, reason: "it cannot be opened")
        }
        defer { try? handle.close() }
        guard let head = try? handle.read(upToCount: 8), head.count == 8 else { throw broken() }
        let length = head.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length > 1, length <= Self.longest else { throw broken() }
        guard 8 + Int(length) <= size else {
            throw .incomplete(path: path, expected: 8 + Int(length), actual: size, remedy: remedy)
        }
        guard let json = try? handle.read(upToCount: Int(length)),
            let object = try? JSONSerialization.jsonObject(with: json) as? [String: Any]
        else { throw broken() }
        var (end, types) = (0, Set<String>())
        for (name, value) in object where name != "__metadata__" {
            guard let tensor = value as? [String: Any], let type = tensor["dtype"] as? String,
                let offsets = tensor["data_offsets"] as? [Int], offsets.count == 2
            else { throw broken() }
            end = max(end, offsets[1])
            types.insert(type)
        }
        // Offsets of strangers: the sum must not overflow.
        let (expected, overflow) = end.addingReportingOverflow(8 + Int(length))
        guard !overflow else { throw broken() }
        guard expected <= size else {
            throw .incomplete(path: path, expected: expected, actual: size, remedy: remedy)
        }
        isFloat32 = types == ["F32"]
    }
}
