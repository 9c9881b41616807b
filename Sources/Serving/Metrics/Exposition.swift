import EmulatedFineTuning

/// Metrics in Prometheus's text format.
struct Exposition {
    private(set) var text = ""

    /// A metric's samples, each with its labels after `model_name`.
    mutating func add(
        _ name: String, _ type: String, _ help: String,
        _ samples: [(labels: [(String, String)], value: Double)]
    ) {
        text += "# HELP eft_\(name) \(help)\n# TYPE eft_\(name) \(type)\n"
        for sample in samples { add("eft_\(name)", sample.labels, sample.value) }
    }

    mutating func add(
        _ name: String, _ help: String, _ histograms: [(model: String, histogram: Histogram)]
    ) {
        text += "# HELP eft_\(name) \(help)\n# TYPE eft_\(name) histogram\n"
        for (model, histogram) in histograms {
            var total = 0
            for (bound, count) in zip(histogram.bounds + [.infinity], histogram.counts) {
                total += count
                let label = bound.isFinite ? bound.short : "+Inf"
                add("eft_\(name)_bucket", [("model_name", model), ("le", label)], Double(total))
            }
            add("eft_\(name)_sum", [("model_name", model)], histogram.sum)
            add("eft_\(name)_count", [("model_name", model)], Double(total))
        }
    }

    private mutating func add(_ name: String, _ labels: [(String, String)], _ value: Double) {
        let shown = labels.map { "\($0)=\"\(Self.escaped($1))\"" }.joined(separator: ",")
        text += "\(name){\(shown)} \(value.short)\n"
    }

    private static func escaped(_ label: String) -> String {
        // By scalars: a mark on a quote, or a CR before a line feed, makes another character of it.
        var escaped = String.UnicodeScalarView()
        for scalar in label.unicodeScalars {
            switch scalar {
            case "\\", "\"": escaped += ["\\", scalar]
            case "\n": escaped += ["\\", "n"]
            case "\r": escaped += ["\\", "r"]
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
