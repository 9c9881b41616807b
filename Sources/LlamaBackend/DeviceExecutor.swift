import Synchronization

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The one thread that runs the passes of all members on a device.
///
/// One thread a device, not a model: members on one device would only take its cores from each other,
/// so they run one after another, and libllama's worker threads, which belong to the thread that calls
/// it, serve them all instead of spinning against each other. Members on different devices run at the
/// same time.
///
/// An engine on this executor pays less than 1 µs a pass beyond `llama_decode`; one elsewhere pays about
/// 8 µs for the change of threads (release build, AMD EPYC, a model with passes of 30 µs).
public final class DeviceExecutor: SerialExecutor, @unchecked Sendable {
    // Sendable: `jobs` is touched under the mutex only; the rest never changes.

    /// The device, such as `CPU`.
    public let device: String

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var jobs: [UnownedJob] = []

    /// The executor of a device: always the same for the same name.
    static func shared(device: String) -> DeviceExecutor {
        executors.withLock { executors in
            if let executor = executors[device] { return executor }
            let executor = DeviceExecutor(device: device)
            executors[device] = executor
            return executor
        }
    }

    // One thread and OpenMP's own team: 12.3 ms per round of three Q8_0 models (187 M, 25 M, 25 M; 2 cores),
    // against 12.2 ms with a ggml_threadpool that the contexts share, and 15 to 20 ms with a thread for
    // each context, whose teams keep each other from spinning. So no pool of our own.

    // Executors live as long as the process: jobs hold them unowned.
    private static let executors = Mutex<[String: DeviceExecutor]>([:])

    private init(device: String) {
        self.device = device
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        pthread_cond_init(condition, nil)
        startThread()
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        pthread_mutex_lock(mutex)
        jobs.append(job)
        pthread_mutex_unlock(mutex)
        pthread_cond_signal(condition)
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    private func startThread() {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        // macOS gives a second thread 512 KiB, and libllama builds its graphs on the stack.
        pthread_attr_setstacksize(&attributes, 8 << 20)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        let context = Unmanaged.passRetained(self).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
            let code = pthread_create(&thread, &attributes, { DeviceExecutor.main($0) }, context)
        #else
            var thread = pthread_t()
            let code = pthread_create(
                &thread, &attributes, { $0.flatMap(DeviceExecutor.main) }, context)
        #endif
        precondition(code == 0, "the system refused a thread (\(code))")
    }

    private static func main(_ context: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        Unmanaged<DeviceExecutor>.fromOpaque(context).takeUnretainedValue().run()
    }

    private func run() -> Never {
        var batch: [UnownedJob] = []
        while true {
            pthread_mutex_lock(mutex)
            while jobs.isEmpty { pthread_cond_wait(condition, mutex) }
            swap(&batch, &jobs)
            pthread_mutex_unlock(mutex)
            for job in batch { job.runSynchronously(on: asUnownedSerialExecutor()) }
            batch.removeAll(keepingCapacity: true)
        }
    }
}
