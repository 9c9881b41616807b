// The loops over the vocabulary, sixteen tokens at a time, and the only raw loads and stores.

extension Row {
    /// Sixteen elements from an index; those past the end read as `padding`.
    @inline(__always)
    func lanes(at index: Int, padding: Float) -> Lanes {
        if index &+ Lanes.scalarCount <= count {
            return UnsafeRawPointer(baseAddress.unsafelyUnwrapped + index)
                .loadUnaligned(as: Lanes.self)
        }
        return lastLanes(at: index, padding: padding)
    }

    @inline(never)
    private func lastLanes(at index: Int, padding: Float) -> Lanes {
        var lanes = Lanes(repeating: padding)
        for lane in 0..<(count - index) { lanes[lane] = self[index + lane] }
        return lanes
    }

    /// The row, sixteen elements at a time with the index of the first; the last ones are padded.
    @inline(__always)
    func lanes(padding: Float) -> RowLanes { RowLanes(row: self, padding: padding) }
}

/// A row by sixteens. A loop over it, and not a closure, as a closure that is too long for the compiler to inline costs
/// a call every sixteen elements.
struct RowLanes: Sequence, IteratorProtocol {
    let row: Row
    let padding: Float
    var index = 0

    @inline(__always)
    init(row: Row, padding: Float) {
        self.row = row
        self.padding = padding
    }

    @inline(__always)
    mutating func next() -> (index: Int, lanes: Lanes)? {
        guard index < row.count else { return nil }
        defer { index &+= Lanes.scalarCount }
        return (index, row.lanes(at: index, padding: padding))
    }
}

extension MutableRow {
    /// Writes sixteen elements at an index; those past the end are dropped.
    @inline(__always)
    func store(_ lanes: Lanes, at index: Int) {
        if index &+ Lanes.scalarCount <= count {
            UnsafeMutableRawPointer(baseAddress.unsafelyUnwrapped + index)
                .storeBytes(of: lanes, as: Lanes.self)
            return
        }
        storeLast(lanes, at: index)
    }

    @inline(never)
    private func storeLast(_ lanes: Lanes, at index: Int) {
        for lane in 0..<(count - index) { self[index + lane] = lanes[lane] }
    }
}

extension SIMD16<Float> {
    /// The larger of each pair of lanes.
    @inline(__always)
    func maximum(_ other: Lanes) -> Lanes { replacing(with: other, where: self .< other) }

    /// The largest lane; in three steps of halves, because the compiler makes a loop of a reduction.
    @inline(__always)
    var largest: Float {
        let a = lowHalf.replacing(with: highHalf, where: lowHalf .< highHalf)
        let b = a.lowHalf.replacing(with: a.highHalf, where: a.lowHalf .< a.highHalf)
        let c = b.lowHalf.replacing(with: b.highHalf, where: b.lowHalf .< b.highHalf)
        return Swift.max(c[0], c[1])
    }

    /// The sum of all lanes in double precision.
    @inline(__always)
    var preciseSum: Double {
        var sum = 0.0
        for lane in 0..<Self.scalarCount { sum += Double(self[lane]) }
        return sum
    }
}
