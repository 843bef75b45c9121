package congestion

import (
	"testing"
	"time"
)

func TestExplore(t *testing.T) {
	ms := time.Millisecond
	s := simulate(Options{}, screen{demand: 2_500_000}, shape{rate: 100_000, delay: 20 * ms, queue: 2000 * ms})
	s.trace = 250 * time.Millisecond
	s.run(40 * time.Second)
}

func TestTable(t *testing.T) {
	for _, floor := range []int{0, 1_200_000} {
		for _, rate := range []int{100_000, 300_000, 600_000, 1_200_000, 3_000_000, 10_000_000} {
			for _, delay := range []time.Duration{5, 150} {
				for _, queue := range []time.Duration{50, 200, 2000} {
					for _, jitter := range []time.Duration{0, 10} {
						demand := max(2_500_000, rate*5/4)
						s := simulate(Options{}, screen{demand: demand, floor: floor}, shape{rate: rate, delay: delay * time.Millisecond, queue: queue * time.Millisecond, jitter: jitter * time.Millisecond})
						s.run(8 * time.Second)
						s.mark()
						d := s.up.dropped
						s.run(40 * time.Second)
						t.Log(floor/1000, rate/1000, int(delay), int(queue), int(jitter), s, "drop", s.up.dropped-d, "loss", int(1000*s.c.losses.share))
					}
				}
			}
		}
	}
}

func TestMore(t *testing.T) {
	ms := time.Millisecond
	// start on 600k
	for _, rate := range []int{100_000, 300_000, 600_000, 3_000_000} {
		s := simulate(Options{}, screen{demand: 2_500_000}, shape{rate: rate, delay: 20 * ms, queue: 2000 * ms})
		s.run(2 * time.Second)
		t.Log("start", rate, s)
		s.mark()
		s.run(8 * time.Second)
		t.Log("then", s)
	}
	// b variants
	for _, v := range []struct {
		floor           int
		over            float64
		lose, loss      float64
		delay, jit, que time.Duration
		rate            int
	}{
		{0, 1, 0, 0, 20, 0, 2000, 600_000},
		{1_200_000, 1, 0, 0, 20, 0, 2000, 600_000},
		{1_200_000, 1, 0, 0, 20, 0, 100, 600_000},
		{0, 1.3, 0, 0, 20, 0, 2000, 600_000},
		{1_200_000, 1.3, .1, 0, 20, 0, 2000, 600_000},
		{1_200_000, 1, .2, 0, 20, 0, 2000, 600_000},
		{1_200_000, 1, 0, 0.05, 20, 0, 2000, 600_000},
		{1_200_000, 1, 0, 0.05, 25, 10, 2000, 600_000},
		{0, 1, 0, 0, 150, 0, 2000, 600_000},
		{0, 1, 0, 0, 150, 10, 2000, 600_000},
		{0, 1, 0, 0, 20, 0, 2000, 300_000},
		{0, 1, 0, 0, 20, 0, 2000, 1_200_000},
	} {
		free := shape{delay: v.delay * ms, jitter: v.jit * ms, queue: v.que * ms, loss: v.loss}
		s := simulate(Options{}, screen{demand: 2_500_000, floor: v.floor, overshoot: v.over}, free)
		s.lose = v.lose
		s.run(10 * time.Second)
		s.up.rate = v.rate
		s.run(2 * time.Second)
		s.mark()
		s.run(28 * time.Second)
		str := s.String()
		s.up.rate = 0
		took := s.run(5*time.Second, func() bool { return s.c.Status().Estimate >= 2_500_000 })
		t.Log("b", v, str, "again", took)
	}
	// c
	for _, rest := range []time.Duration{60, 600} {
		for _, jit := range []time.Duration{0, 10} {
			s := simulate(Options{}, screen{demand: 2_500_000}, shape{rate: 3_000_000, delay: 20 * ms, queue: 500 * ms, jitter: jit * ms})
			s.run(5 * time.Second)
			s.screen.rest = true
			s.run(time.Second)
			s.mark()
			ups := s.ups
			s.run(rest * time.Second)
			str := s.String()
			ups = s.ups - ups
			s.screen.rest = false
			s.frame = s.now
			s.mark()
			sk := s.skipped
			s.run(time.Second)
			t.Log("rest", rest, jit, str, "ups", ups, "then", s, "skipped", s.skipped-sk)
		}
	}
	// d
	for _, loss := range []float64{.05, .1, .2, .4} {
		s := simulate(Options{}, screen{demand: 2_500_000}, shape{rate: 5_000_000, delay: 25 * ms, queue: 500 * ms})
		s.run(5 * time.Second)
		s.up.loss = loss
		s.mark()
		s.run(60 * time.Second)
		t.Log("loss", loss, s, s.c.Status().Estimate)
		s.up.loss = 0
		took := s.run(20*time.Second, func() bool { return s.c.Status().Estimate >= 2_500_000 })
		t.Log("  again", took)
		s = simulate(Options{}, screen{demand: 2_500_000}, shape{rate: 5_000_000, delay: 25 * ms, queue: 500 * ms, loss: loss})
		s.run(30 * time.Second)
		t.Log("loss from start", loss, s, s.c.Status().Estimate)
	}
	// delay step
	for _, rate := range []int{0, 600_000, 3_000_000} {
		s := simulate(Options{}, screen{demand: 2_500_000}, shape{rate: rate, delay: 20 * ms, queue: 500 * ms})
		s.run(10 * time.Second)
		s.up.delay = 150 * ms
		s.mark()
		s.run(20 * time.Second)
		t.Log("step", rate, s, s.c.Status().Estimate)
		s.up.delay = 20 * ms
		s.mark()
		s.run(20 * time.Second)
		t.Log("step back", rate, s, s.c.Status().Estimate)
	}
	// square
	s := simulate(Options{}, screen{demand: 2_500_000}, shape{rate: 3_000_000, delay: 20 * ms, queue: 1000 * ms})
	s.run(5 * time.Second)
	s.mark()
	for i := range 20 {
		s.up.rate = []int{600_000, 3_000_000}[i%2]
		s.run(5 * time.Second)
	}
	t.Log("square", s)
}

func TestPhases(t *testing.T) {
	ms := time.Millisecond
	// b variants
	for _, v := range []struct {
		floor           int
		over            float64
		lose, loss      float64
		delay, jit, que time.Duration
		rate            int
	}{
		{0, 1, 0, 0, 20, 0, 2000, 600_000},
		{1_200_000, 1, 0, 0, 20, 0, 2000, 600_000},
		{1_200_000, 1, 0, 0, 20, 0, 100, 600_000},
		{0, 1.3, 0, 0, 20, 0, 2000, 600_000},
		{1_200_000, 1.3, .1, 0, 20, 0, 2000, 600_000},
		{1_200_000, 1, .2, 0, 20, 0, 2000, 600_000},
		{1_200_000, 1, 0, 0.05, 20, 0, 2000, 600_000},
		{1_200_000, 1, 0, 0.05, 25, 10, 2000, 600_000},
		{0, 1, 0, 0, 150, 0, 2000, 600_000},
		{0, 1, 0, 0, 150, 10, 2000, 600_000},
		{0, 1, 0, 0, 20, 0, 2000, 300_000},
		{0, 1, 0, 0, 20, 0, 2000, 1_200_000},
	} {
		free := shape{delay: v.delay * ms, jitter: v.jit * ms, queue: v.que * ms, loss: v.loss}
		s := simulate(Options{}, screen{demand: 2_500_000, floor: v.floor, overshoot: v.over}, free)
		s.lose = v.lose
		s.run(10 * time.Second)
		s.up.rate = v.rate
		s.run(2 * time.Second)
		s.mark()
		s.run(8 * time.Second)
		var sum, most time.Duration
		var wait time.Duration
		n, late := 0, 0
		str := s.String()
		for k := range 100 {
			s.up.rate = 0
			took := s.run(6*time.Second, func() bool { return s.c.Status().Estimate >= 2_500_000 })
			sum += took
			most = max(most, took)
			if took > 1500*ms {
				late++
			}
			n++
			s.run(time.Second)
			s.up.rate = v.rate
			s.run(2 * time.Second)
			s.mark()
			s.run(6*time.Second + time.Duration(k)*13*ms)
			wait = max(wait, s.stat.wait)
		}
		t.Log("b", v, str, "again mean", sum/time.Duration(n), "most", most, "late", late, "wait", wait)
	}
}
