#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What this machine can give: cores and memory.
enum Machine {
    /// Cores to compute on: physical ones that this process may use, without efficiency cores.
    ///
    /// Two hyperthreads of a core share its vector units, so a second thread on it gains nothing.
    static var cores: Int {
        #if canImport(Darwin)
            return system("hw.perflevel0.physicalcpu") ?? system("hw.physicalcpu") ?? 1
        #else
            let allowed = allowedProcessors
            let cores = Set(
                allowed.map { processor in
                    text("/sys/devices/system/cpu/cpu\(processor)/topology/thread_siblings_list")
                        ?? "\(processor)"
                })
            return max(1, min(cores.count, quota ?? Int.max))
        #endif
    }

    /// Bytes that can still be filled without swapping, nil where the system does not say.
    ///
    /// Pages of mapped model files count as free to the system, which can drop them, but a model that
    /// is in use needs them: those of this process are taken off.
    static var availableMemory: Int? {
        #if canImport(Darwin)
            guard let total = system("hw.memsize") else { return nil }
            var usage = rusage()
            getrusage(RUSAGE_SELF, &usage)
            return max(0, total - Int(usage.ru_maxrss) - (2 << 30))
        #else
            guard let available = field("MemAvailable:", in: "/proc/meminfo") else { return nil }
            let mapped = field("RssFile:", in: "/proc/self/status") ?? 0
            return max(0, min(available, limit ?? Int.max) - mapped)
        #endif
    }

    #if canImport(Darwin)
        private static func system(_ name: String) -> Int? {
            var value: Int64 = 0
            var size = MemoryLayout<Int64>.size
            return sysctlbyname(name, &value, &size, nil, 0) == 0 ? Int(value) : nil
        }
    #else
        private static var allowedProcessors: [Int] {
            // `Cpus_allowed_list: 0-3,8` in a file is the same on every C library.
            guard let status = text("/proc/self/status"),
                let line = status.split(separator: "\n").first(where: {
                    $0.hasPrefix("Cpus_allowed_list:")
                })
            else { return [0] }
            return line.dropFirst("Cpus_allowed_list:".count).split(separator: ",").flatMap {
                range -> [Int] in
                let ends = range.split(separator: "-").compactMap {
                    Int($0.filter(\.isNumber))
                }
                guard let first = ends.first, let last = ends.last, first <= last else { return [] }
                return Array(first...last)
            }
        }

        /// Whole processors that a container may use.
        private static var quota: Int? {
            guard
                let fields = text("/sys/fs/cgroup/cpu.max")?.split(whereSeparator: \.isWhitespace),
                fields.count == 2, let time = Int(fields[0]), let period = Int(fields[1]),
                period > 0
            else { return nil }
            return max(1, time / period)
        }

        /// Bytes that a container may still use.
        private static var limit: Int? {
            guard let most = text("/sys/fs/cgroup/memory.max").flatMap({ Int($0) }),
                let used = text("/sys/fs/cgroup/memory.current").flatMap({ Int($0) })
            else { return nil }
            return most - used + (field("file", in: "/sys/fs/cgroup/memory.stat", unit: 1) ?? 0)
        }

        private static func field(_ name: String, in path: String, unit: Int = 1024) -> Int? {
            for line in text(path)?.split(separator: "\n") ?? [] {
                let words = line.split(whereSeparator: \.isWhitespace)
                if words.count >= 2, words[0] == name, let count = Int(words[1]) {
                    return count * unit
                }
            }
            return nil
        }

        private static func text(_ path: String) -> String? {
            guard let file = fopen(path, "r") else { return nil }
            defer { fclose(file) }
            var bytes = [UInt8](repeating: 0, count: 1 << 16)
            let count = fread(&bytes, 1, bytes.count, file)
            let text = String(decoding: bytes.prefix(count), as: UTF8.self)
            return text.last == "\n" ? String(text.dropLast()) : text
        }
    #endif
}
