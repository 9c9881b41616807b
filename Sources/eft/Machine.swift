import Foundation

/// The machine that a figure was measured on.
enum Machine {
    static var description: String {
        let info = ProcessInfo.processInfo
        let name = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?
            .split(separator: "\n").first { $0.hasPrefix("model name") }?
            .split(separator: ":").last.map { String($0).trimmed }
        return "\(name ?? "unknown CPU"), \(info.activeProcessorCount) cores, "
            + "\(info.operatingSystemVersionString)"
    }
}
