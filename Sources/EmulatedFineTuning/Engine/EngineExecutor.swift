/// Something an actor can run on.
protocol SerialExecutorProvider: Sendable {
    var unownedExecutor: UnownedSerialExecutor { get }
}

/// A serial executor of its own: that of an actor without state.
actor Lane: SerialExecutorProvider {}

/// The executor of another thread's owner.
struct SharedExecutor: SerialExecutorProvider {
    let executor: any SerialExecutor
    var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }
}

/// The members' threads, numbered; a member without an executor has one of its own.
func distinctThreads(of members: [Member]) -> [Int] {
    let executors = members.map { $0.model.executor.map(ObjectIdentifier.init) }
    return executors.indices.map { index in
        executors[index].flatMap { own in executors.firstIndex { $0 == own } } ?? index
    }
}

/// The one executor that all members share; nil when there is none.
func sharedExecutor(of members: [Member]) -> (any SerialExecutorProvider)? {
    let executors = members.map(\.model.executor)
    guard let first = executors.first ?? nil,
        executors.allSatisfy({ $0.map(ObjectIdentifier.init) == ObjectIdentifier(first) })
    else { return nil }
    return SharedExecutor(executor: first)
}
