import type { Product } from '../product/product.ts';

/** A product of the seed, and its units in stock. */
interface SeedProduct {
  readonly product: Product;
  readonly stock: number;
}

const euros = (cents: number) => ({ amount: cents, currency: 'EUR' });

/** The products of a new database, the same in every environment and on a laptop. */
export const seedProducts: readonly SeedProduct[] = [
  {
    product: {
      id: 'aurora-12',
      brand: 'Nordlys',
      name: 'Aurora 12',
      category: 'flagship',
      description: '6.3 inch OLED, 256 GB, triple camera with 5x zoom.',
      price: euros(99_900),
    },
    stock: 120,
  },
  {
    product: {
      id: 'aurora-12-max',
      brand: 'Nordlys',
      name: 'Aurora 12 Max',
      category: 'flagship',
      description: '6.8 inch OLED, 512 GB, two-day battery.',
      price: euros(119_900),
    },
    stock: 80,
  },
  {
    product: {
      id: 'aurora-11',
      brand: 'Nordlys',
      name: 'Aurora 11',
      category: 'flagship',
      description: "6.2 inch OLED, 128 GB, last year's flagship.",
      price: euros(74_900),
    },
    stock: 45,
  },
  {
    product: {
      id: 'fjord-mini',
      brand: 'Nordlys',
      name: 'Fjord Mini',
      category: 'compact',
      description: '5.4 inch OLED, 128 GB, fits one hand.',
      price: euros(62_900),
    },
    stock: 60,
  },
  {
    product: {
      id: 'meridian-8-pro',
      brand: 'Castellan',
      name: 'Meridian 8 Pro',
      category: 'flagship',
      description: '6.7 inch LTPO, 256 GB, periscope camera.',
      price: euros(104_900),
    },
    stock: 70,
  },
  {
    product: {
      id: 'meridian-8',
      brand: 'Castellan',
      name: 'Meridian 8',
      category: 'mid-range',
      description: '6.4 inch OLED, 128 GB, seven years of updates.',
      price: euros(54_900),
    },
    stock: 150,
  },
  {
    product: {
      id: 'meridian-8-lite',
      brand: 'Castellan',
      name: 'Meridian 8 Lite',
      category: 'budget',
      description: '6.5 inch LCD, 128 GB, dual SIM.',
      price: euros(29_900),
    },
    stock: 300,
  },
  {
    product: {
      id: 'origami-fold-3',
      brand: 'Tansu',
      name: 'Origami Fold 3',
      category: 'foldable',
      description: '7.8 inch folding screen, 512 GB, pen included.',
      price: euros(169_900),
    },
    stock: 25,
  },
  {
    product: {
      id: 'origami-flip-3',
      brand: 'Tansu',
      name: 'Origami Flip 3',
      category: 'foldable',
      description: '6.7 inch folding screen, 256 GB, pocket size.',
      price: euros(94_900),
    },
    stock: 40,
  },
  {
    product: {
      id: 'basalt-x5',
      brand: 'Granit',
      name: 'Basalt X5',
      category: 'rugged',
      description: 'IP69K, 10 600 mAh, replaceable battery.',
      price: euros(58_900),
    },
    stock: 35,
  },
  {
    product: {
      id: 'pico-4a',
      brand: 'Lumen',
      name: 'Pico 4a',
      category: 'budget',
      description: '6.1 inch LCD, 64 GB, headphone socket.',
      price: euros(19_900),
    },
    stock: 400,
  },
  {
    product: {
      id: 'pico-4',
      brand: 'Lumen',
      name: 'Pico 4',
      category: 'mid-range',
      description: '6.1 inch OLED, 128 GB, fast charging.',
      price: euros(39_900),
    },
    stock: 180,
  },
];
