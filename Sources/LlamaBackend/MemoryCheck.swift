/// Whether what a model needs is free, on the machine and on its accelerators.
struct MemoryCheck {
    var path: String
    var placement: LlamaOptions.Placement
    var layers: Int

    /// - Throws: ``LlamaError/notEnoughMemory(path:estimate:available:device:)``.
    func require(_ estimate: MemoryEstimate) throws(LlamaError) {
        let offloaded =
            placement.devices.isEmpty
            ? 0 : min(1, Double(placement.layers) / Double(max(1, layers)))
        if offloaded > 0 {
            let free = placement.devices.reduce(0) { $0 + $1.freeMemory }
            // A device that reports nothing is left to report failure itself.
            if free > 0 {
                try compare(estimate.scaled(offloaded), free, device: placement.name)
            }
        }
        if offloaded < 1, let free = Machine.availableMemory {
            try compare(estimate.scaled(1 - offloaded), free, device: "this machine")
        }
    }

    private func compare(
        _ estimate: MemoryEstimate, _ available: Int, device: String
    ) throws(LlamaError) {
        guard estimate.total <= available else {
            throw .notEnoughMemory(
                path: path, estimate: estimate, available: available, device: device)
        }
    }
}

extension MemoryEstimate {
    func scaled(_ factor: Double) -> MemoryEstimate {
        MemoryEstimate(
            weights: Self.clamped(Double(weights) * factor),
            cache: Self.clamped(Double(cache) * factor),
            compute: Self.clamped(Double(compute) * factor))
    }
}
