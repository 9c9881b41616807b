/// What one member of a composite takes, and where.
public struct MemoryDemand: Sendable, Equatable {
    /// The member's name, or its file.
    public var name: String
    public var estimate: MemoryEstimate
    /// The accelerators that it is on, such as `CUDA0`; nil: none.
    public var device: String?
    /// The part of it that is there, 0 to 1; the rest is on the CPU.
    public var offloaded: Double
    /// Bytes that are free there; 0: it does not say.
    var free = 0

    /// The demand of a model file under options.
    ///
    /// - Parameters:
    ///   - name: what the member is called in an error.
    ///   - info: of its file.
    ///   - options: where it goes, and how large its cache is.
    ///   - sharesWeights: whether another member has loaded the file, or will.
    ///   - sharesPasses: whether another member reads with the same weights, in the same passes.
    /// - Throws: ``LlamaError``.
    public init(
        _ name: String, _ info: LlamaModelInfo, options: LlamaOptions, sharesWeights: Bool,
        sharesPasses: Bool = false
    ) throws(LlamaError) {
        var estimate = info.memory
        if sharesWeights { estimate.weights = 0 }
        if sharesPasses { estimate.compute = 0 }
        self.init(
            name, estimate, placement: try options.placement(layers: info.layers),
            layers: info.layers)
    }

    init(_ name: String, _ estimate: MemoryEstimate, placement: LlamaOptions.Placement, layers: Int)
    {
        self.name = name
        self.estimate = estimate
        guard !placement.devices.isEmpty else {
            (device, offloaded) = (nil, 0)
            return
        }
        device = placement.name
        offloaded = min(1, Double(placement.layers) / Double(max(1, layers)))
        free = placement.devices.reduce(0) { $0 + $1.freeMemory }
    }
}

/// Whether what several members need together is free, on the machine and on its accelerators.
public struct MemoryPlan: Sendable, Equatable {
    public let demands: [MemoryDemand]

    public init(_ demands: [MemoryDemand]) { self.demands = demands }

    /// What is needed at one place: the machine (nil), or some accelerators.
    public func needed(on device: String?) -> Int {
        MemoryEstimate.clamped(parts(on: device).reduce(0) { $0 + Double($1.estimate.total) })
    }

    /// Bytes that are free on accelerators; nil where they do not say.
    public func free(on device: String?) -> Int? {
        demands.first { $0.device == device }.flatMap { $0.free > 0 ? $0.free : nil }
    }

    /// Bytes that are free on the machine; nil where the system does not say.
    public static var freeOnMachine: Int? { Machine.availableMemory }

    /// The accelerators in use, ascending.
    public var devices: [String] { Set(demands.compactMap(\.device)).sorted() }

    /// Refuses what does not fit, before anything is loaded.
    ///
    /// - Parameter machine: bytes that are free on the machine; nil: unknown.
    /// - Throws: ``LlamaError/notEnoughMemory(_:available:device:)``.
    public func require(freeOnMachine machine: Int? = MemoryPlan.freeOnMachine) throws(LlamaError) {
        for device in devices {
            // A device that reports nothing is left to report failure itself.
            if let free = free(on: device) { try compare(device, free) }
        }
        if let machine { try compare(nil, machine) }
    }

    private func compare(_ device: String?, _ free: Int) throws(LlamaError) {
        guard needed(on: device) > free else { return }
        throw .notEnoughMemory(
            parts(on: device).map { .init(name: $0.name, estimate: $0.estimate) }, available: free,
            device: device ?? "this machine")
    }

    /// Every member's part at a place, without those that have none there.
    private func parts(on device: String?) -> [MemoryDemand] {
        demands.compactMap { demand in
            let share =
                device == nil
                ? 1 - demand.offloaded : (demand.device == device ? demand.offloaded : 0)
            guard share > 0 else { return nil }
            var part = demand
            part.estimate = demand.estimate.scaled(share)
            // Accelerators hold copies.
            if device != nil { part.estimate.mapsWeights = false }
            return part
        }
    }
}
