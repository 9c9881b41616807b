/// What an engine holds. All but the cached tokens are zero when nothing runs.
public struct EngineLoad: Sendable, Equatable {
    /// Replies that wait for a slot.
    public var waiting: Int
    /// Replies that have one.
    public var running: Int
    public var slots: Int
    public var busySlots: Int
    /// Cells that running replies have reserved of every member, by the composite's order.
    public var reservedCells: [Int]
    /// Tokens that the slots' caches hold of every member, for prompts to come as well; tokens that
    /// slots share count for each.
    public var cachedTokens: [Int]
}

extension Engine {
    /// What the engine holds at this moment.
    public var load: EngineLoad {
        EngineLoad(
            waiting: waiting.count { !$0.sink.isAbandoned }, running: running.count,
            slots: slots.count, busySlots: slots.count { $0.isBusy },
            reservedCells: composite.members.indices.map { member in
                running.reduce(0) { $0 + $1.reservation(member) }
            },
            cachedTokens: composite.members.indices.map { member in
                slots.reduce(0) { $0 + $1.cached[member].count }
            })
    }
}
